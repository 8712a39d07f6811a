/*
 * Files of devices as simgatectl imports and exports them, in either format: CSV, or JSON lines.
 * One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_DEVICE_FORMAT_H
#define SIMGATE_STORAGE_CTL_DEVICE_FORMAT_H

#include "storage/ctl/arguments.h"
#include "storage/device_reading.h"

#include <stdbool.h>
#include <stdio.h>

enum device_format {
    DEVICE_FORMAT_CSV,
    DEVICE_FORMAT_JSONL,
};

/* As --format says, else as the file's name ends; `path` may be NULL. False after a complaint. */
bool device_format_read(enum device_format *format, const struct ctl_arguments *a,
                        const char *path);

/* Reads a file: see device_csv_read(). */
int device_file_read(enum device_format format, const char *path,
                     const struct device_reading *reading);

/* Room for any value of a row. */
#define DEVICE_TEXT_MAX (DEVICE_ADDRESSES_MAX * NET_ADDRESS_TEXT)

/* The value of a column, as CSV has it before it is put in quotes; "" where there is none. Returns
 * `text`. */
const char *device_row_text(const struct device_row *row, enum device_column column,
                            char text[DEVICE_TEXT_MAX]);

struct device_writer {
    FILE *to;
    enum device_format format;
    bool reveal; /* keys, too, whose columns are left out otherwise */
};

/* What stands before the first row. */
void device_writer_begin(const struct device_writer *w);

/* Writes a row such that reading gives it again. Errors are the stream's. */
void device_writer_put(const struct device_writer *w, const struct device_row *row);

#endif
