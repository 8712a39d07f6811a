/*
 * Finds rows that would give two devices one ICCID: an ICCID names one SIM, and it is what
 * deduplication, keys and topics go by. Any thread.
 */
#ifndef SIMGATE_STORAGE_ICCID_OVERLAP_H
#define SIMGATE_STORAGE_ICCID_OVERLAP_H

#include "storage/memory_table.h"
#include "storage/problems.h"

#include <stdint.h>

/* Adds a problem for each row whose ICCIDs another row has, too. Returns 0 or -ENOMEM. */
int iccid_overlap_check(const struct memory_row *rows, uint32_t count, struct problems *problems);

#endif
