/*
 * Writes a devices' file once more with one row added, changed or left out. Everything else comes
 * out byte for byte: comments, blank lines, the order of rows and columns, line endings, quotes.
 * Only where a column has to be added does each row get an empty field more.
 *
 * The file was found to be right before. One thread, which may block.
 */
#ifndef SIMGATE_STORAGE_MEMORY_REWRITE_H
#define SIMGATE_STORAGE_MEMORY_REWRITE_H

#include "storage/device_row.h"

#include <stdint.h>
#include <stdio.h>

#define MEMORY_REWRITE_TEXT (DEVICE_PSK_TEXT_MAX + 1) /* room for any value */

struct memory_rewrite {
    uint32_t line;                /* of the row that is changed or left out; 0: it is added */
    const struct device_row *row; /* what it is to have; NULL: it is left out */
    uint32_t columns;             /* DEVICE_COLUMN_BIT() of those that are taken from it */
};

/* The value of a row's column as a file has it. */
void memory_rewrite_text(const struct device_row *row, enum device_column column,
                         char text[MEMORY_REWRITE_TEXT]);

/* Reads the row on a line. Returns 0, -ENOENT or -errno. */
int memory_rewrite_read(const char *path, uint32_t line, struct device_row *row);

/* Writes `path` to `to`, changed. Returns 0 or -errno. */
int memory_rewrite_run(const struct memory_rewrite *change, const char *path, FILE *to);

#endif
