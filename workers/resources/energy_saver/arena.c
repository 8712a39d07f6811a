#include "workers/resources/energy_saver/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 4096 /* bytes, where one piece does not need more */
#define ALIGN _Alignof(max_align_t)

struct arena_chunk {
    struct arena_chunk *older;
    max_align_t pieces[];
};

static int add_chunk(struct arena *a, size_t size)
{
    size_t room = size > CHUNK ? size : CHUNK;
    struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + room);

    if (!chunk)
        return -1;
    chunk->older = a->newest;
    a->newest = chunk;
    a->used = 0;
    a->room = room;
    return 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *piece;

    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (a->room - a->used < size && add_chunk(a, size))
        return NULL;
    piece = (uint8_t *)a->newest->pieces + a->used;
    a->used += size;
    return piece;
}

char *arena_copy(struct arena *a, const char *bytes, size_t length)
{
    char *copy = arena_alloc(a, length + 1);

    if (copy && length)
        memcpy(copy, bytes, length);
    return copy;
}

void arena_free(struct arena *a)
{
    while (a->newest) {
        struct arena_chunk *older = a->newest->older;

        free(a->newest);
        a->newest = older;
    }
    *a = (struct arena){0};
}
