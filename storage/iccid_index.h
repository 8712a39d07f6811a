/*
 * The rows of a table in the order of their ICCIDs: finds the row that has an ICCID, and rows that
 * would give two devices one. An ICCID names one SIM, and it is what deduplication, keys and topics
 * go by.
 *
 * Made by one thread, then never changed: any thread may look up. The rows are borrowed.
 */
#ifndef SIMGATE_STORAGE_ICCID_INDEX_H
#define SIMGATE_STORAGE_ICCID_INDEX_H

#include "storage/problems.h"

#include <stdint.h>

struct memory_row;

struct iccid_index {
    const struct memory_row *rows;
    uint32_t *order; /* indices of the rows, by their first ICCIDs */
    uint32_t count;
};

/* Adds a problem for each row whose ICCIDs another row has, too. Returns 0 or -ENOMEM. */
int iccid_index_make(struct iccid_index *index, const struct memory_row *rows, uint32_t count,
                     struct problems *problems);

/* Accepts what was never made. */
void iccid_index_free(struct iccid_index *index);

/* The row that has this ICCID, and which of its devices that is, counted from 0; or NULL. */
const struct memory_row *iccid_index_find(const struct iccid_index *index, const char *iccid,
                                          uint64_t *offset);

#endif
