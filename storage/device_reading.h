/*
 * What the readers of devices' files have in common, whatever the format. One thread.
 */
#ifndef SIMGATE_STORAGE_DEVICE_READING_H
#define SIMGATE_STORAGE_DEVICE_READING_H

#include "storage/device_row.h"
#include "storage/problems.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes a row, which is borrowed until it returns. A negative value ends the reading. */
typedef int device_row_fn(void *context, const struct device_row *row);

struct device_reading {
    bool any_addresses; /* a device may have several, or none; else it has one, or a prefix */
    uint32_t from_line; /* rows that begin before this line are passed over */
    device_row_fn *take;
    void *context;
    struct problems *problems; /* gets what is wrong with rows that are not taken */
};

/* DEVICE_COLUMNS where there is none. */
enum device_column device_column_by_name(const char *name);

/* Adds a problem: there is no such column. */
void device_reading_object_to_column(const struct device_reading *r, uint32_t line,
                                     const char *name);

/* Puts a value into the row, or adds a problem. */
void device_reading_set(const struct device_reading *r, struct device_row *row,
                        enum device_column column, const char *text);

/* A row whose columns are all set: checks it, and gives it to `take` if that and everything before
 * found no problem with it. `problems_before` is their count before the row. Returns 0, or what
 * `take` returned. */
int device_reading_take(const struct device_reading *r, const struct device_row *row,
                        uint64_t problems_before);

#endif
