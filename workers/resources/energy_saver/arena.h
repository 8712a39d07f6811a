/*
 * Memory of one compiled template: given out piece by piece, and freed as a whole. The owner's
 * thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_ARENA_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_ARENA_H

#include <stddef.h>

/* Begins as zeros. */
struct arena {
    struct arena_chunk *newest;
    size_t used, room; /* bytes of the newest chunk */
};

/* Zeroed and aligned for anything, or NULL when there is no memory. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of the bytes, with a NUL behind them that does not count. */
char *arena_copy(struct arena *a, const char *bytes, size_t length);

void arena_free(struct arena *a);

#endif
