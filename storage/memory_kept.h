/*
 * What the lines of FILE.csv.state say, taken together: read into the tables of keys and locations,
 * and said again in as few lines as that takes. Any thread, which may block.
 */
#ifndef SIMGATE_STORAGE_MEMORY_KEPT_H
#define SIMGATE_STORAGE_MEMORY_KEPT_H

#include "storage/memory_keys.h"
#include "storage/memory_locations.h"
#include "storage/memory_state.h"

/* Reads the file into the tables, after the users' keys. As memory_state_read(). */
int memory_kept_read(const char *path, struct memory_keys *keys, struct memory_locations *locations,
                     uint32_t *line);

/* How many bytes it takes to say what the tables have. */
uint64_t memory_kept_size(struct memory_keys *keys, struct memory_locations *locations);

/* Replaces the file by one that says the same in fewer lines. Takes the state's lock. Returns 0 or
 * -errno, and the file is as it was. */
int memory_kept_compact(struct memory_state *state);

#endif
