/*
 * Rows that are put into the devices' file of a memory store: each takes the place of the one with
 * its ICCID, or goes to the end. All other lines come out as they are, byte for byte; where a
 * column has to be added, each row gets an empty field more. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_MEMORY_MERGE_H
#define SIMGATE_STORAGE_CTL_MEMORY_MERGE_H

#include "storage/device_row.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A row that is to be put in. */
struct merge_row {
    char iccid[DEVICE_ICCID_MAX + 1];
    bool is_done;   /* nothing is to be done with it any more */
    uint32_t line;  /* that it comes from */
    uint32_t given; /* DEVICE_COLUMN_BIT() of the columns that it changes */
    char *texts;    /* those of all columns, each with a NUL */
    size_t length;
};

struct memory_merge {
    struct merge_row *rows;
    size_t count, capacity;
    uint32_t needed; /* columns that have something to say */
    uint64_t added, updated, unchanged;
};

/* Returns 0 or -ENOMEM. */
int memory_merge_add(struct memory_merge *m, const struct device_row *row);

/* All are there: of two with one ICCID the later counts. */
void memory_merge_sort(struct memory_merge *m);

/* Of two that are sorted and have one address, the earlier counts: the other is told, and is gone.
 * Returns 0 or -ENOMEM. */
int memory_merge_drop_twice(struct memory_merge *m, struct problems *problems);

/* Whether there is a row with this ICCID. */
bool memory_merge_has(const struct memory_merge *m, const char *iccid);

/* Writes the file `path`, which was found to be right, to `to` with the rows in it; NULL is a file
 * that is not there yet. Returns 0 or -errno. */
int memory_merge_run(struct memory_merge *m, const char *path, FILE *to);

/* Accepts zeros. */
void memory_merge_free(struct memory_merge *m);

#endif
