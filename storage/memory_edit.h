/*
 * Changes the files of a memory store, for simgatectl: a row of FILE.csv, a line at the end of
 * FILE.csv.state, a file in FILE.csv.templates/. A file is replaced as a whole or not at all,
 * whatever dies meanwhile, and two who change it do so one after the other. A running gateway reads
 * them on SIGHUP.
 *
 * Functions return an enum memory_edit_outcome, or a negative value after which nothing has
 * changed: -EINVAL, -ENOENT (no such device or template) and -EEXIST where the answer is no, or
 * -errno of a file. `*error` then is a text for the user, with a path and a line where that helps,
 * which the caller frees; NULL when there was no memory for it. It is NULL where the result is not
 * negative.
 *
 * `path` is that of FILE.csv. One thread, which may block.
 */
#ifndef SIMGATE_STORAGE_MEMORY_EDIT_H
#define SIMGATE_STORAGE_MEMORY_EDIT_H

#include "storage/device_row.h"
#include "storage/location.h"

#include <stddef.h>

enum memory_edit_mode {
    MEMORY_EDIT_ADD, /* there is no such device yet: the row is put at the end */
    MEMORY_EDIT_SET, /* there is one, which is not one of a prefix's */
    MEMORY_EDIT_REMOVE,
};

enum memory_edit_outcome {
    MEMORY_EDIT_ADDED,
    MEMORY_EDIT_UPDATED,
    MEMORY_EDIT_UNCHANGED,
    MEMORY_EDIT_REMOVED,
};

/*
 * Changes the row of the device row->iccid: what is given in `row` is set, "" is none, and columns
 * that the file lacks are added where they are needed. Comments, the order of rows and columns, and
 * all other lines stay as they are, byte for byte.
 */
int memory_edit_device(const char *path, enum memory_edit_mode mode, const struct device_row *row,
                       char **error);

/* Takes a device's keys away, that of its row and those that were generated. The device may be one
 * of a prefix's. */
int memory_edit_reset_psk(const char *path, const char *iccid, char **error);

/* Where a device is, or that nobody knows; it may be one of a prefix's. The location is legal. */
int memory_edit_set_location(const char *path, const char *iccid, const struct location *location,
                             char **error);
int memory_edit_clear_location(const char *path, const char *iccid, char **error);

/* Adds a template or replaces its text, which may be any bytes. */
int memory_edit_put_template(const char *path, const char *name, const char *text, size_t length,
                             char **error);

/* Refuses where it is the active one. Devices that name it have a template that is missing then. */
int memory_edit_remove_template(const char *path, const char *name, char **error);

/* Makes a template that is there the active one; none. */
int memory_edit_activate_template(const char *path, const char *name, char **error);
int memory_edit_deactivate_template(const char *path, char **error);

#endif
