/*
 * The locations that the columns of a devices' file give. Few rows have one, so they stand beside
 * the rows, packed. A row's is that of each of its devices.
 *
 * Built by one thread, then never changed: any thread may look up, without a lock.
 */
#ifndef SIMGATE_STORAGE_MEMORY_PLACES_H
#define SIMGATE_STORAGE_MEMORY_PLACES_H

#include "storage/location.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_place;

struct memory_places {
    struct memory_place *list; /* by row */
    uint32_t count;
    uint32_t capacity;
    char *texts; /* each location's four, one behind the other */
    size_t used;
    size_t room;
};

/* Adds that of a row behind all that have one. Returns 0, -ENOMEM or -EFBIG. */
int memory_places_add(struct memory_places *p, uint32_t row, const struct location *location);

/* False when the row has none. */
bool memory_places_find(const struct memory_places *p, uint32_t row, struct location *location);

/* Accepts zeros. */
void memory_places_deinit(struct memory_places *p);

#endif
