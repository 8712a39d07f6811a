/*
 * The devices of a file, one by one, as Redis is to have them. The file is checked as a whole first
 * and read again for the devices, so that a million of them need no memory but that of its rows.
 * One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_IMPORT_FILE_H
#define SIMGATE_STORAGE_CTL_IMPORT_FILE_H

#include "storage/ctl/device_change.h"
#include "storage/memory_table.h"

#include <stdbool.h>
#include <stdint.h>

#define IMPORT_PREFIX_MAX 1048576 /* devices of one row */

/* Takes a device: DEVICE_CHANGE_PUT with what the file says, borrowed until it returns. A negative
 * value ends the reading. */
typedef int import_file_fn(void *context, const struct device_change *change);

struct import_file {
    const char *path;          /* borrowed */
    unsigned ipv6_prefix;      /* bits of an IPv6 address that identify a device */
    struct memory_table table; /* its rows */
    uint64_t devices;          /* of all rows */
    uint64_t left_out;         /* of them, those of prefixes that would never be looked up */
    uint64_t cut;              /* addresses that lost bits */
    uint32_t given;            /* DEVICE_COLUMN_BIT() of the columns that it has */
    import_file_fn *take;
    void *context;
};

/* Checks the file. False after a complaint, which names every wrong line or the first of many. */
bool import_file_open(struct import_file *f, const char *path, unsigned ipv6_prefix);

/* Accepts what a failed import_file_open() left behind. */
void import_file_close(struct import_file *f);

/* Gives all devices to `take`. Returns 0, -errno (-EINVAL: the file was changed meanwhile), or what
 * `take` returned. */
int import_file_read(struct import_file *f, import_file_fn *take, void *context);

#endif
