/*
 * A fixed number of objects of one size, taken and given back in constant time. The memory is
 * mapped at once and costs nothing until it is used, so a generous capacity is a declared budget
 * and no expense. One thread.
 */
#ifndef SIMGATE_BASE_SLAB_H
#define SIMGATE_BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

#define SLAB_NONE UINT32_MAX /* no object's index */

struct slab {
    uint8_t *objects;
    uint32_t stride;   /* bytes, a multiple of 8 */
    uint32_t capacity; /* objects */
    uint32_t fresh;    /* objects from here on were never taken */
    void *free; /* the last of the given-back ones, which begins with the next one's address */
    uint32_t used;
};

/* Objects of `size` bytes (at least 1), zeroed when first taken. Returns 0 or -ENOMEM. */
int slab_init(struct slab *s, size_t size, uint32_t capacity);

void slab_deinit(struct slab *s);

static inline void *slab_at(const struct slab *s, uint32_t index)
{
    return s->objects + (size_t)index * s->stride;
}

static inline uint32_t slab_index(const struct slab *s, const void *object)
{
    return (uint32_t)((size_t)((const uint8_t *)object - s->objects) / s->stride);
}

/* An object, or NULL when all are in use. Its contents are what its last user left. */
static inline void *slab_take(struct slab *s)
{
    void *object = s->free;

    if (object)
        s->free = *(void **)object;
    else if (s->fresh < s->capacity)
        object = slab_at(s, s->fresh++);
    else
        return NULL;
    s->used++;
    return object;
}

/* Gives an object back; its first eight bytes are overwritten. */
static inline void slab_give(struct slab *s, void *object)
{
    *(void **)object = s->free;
    s->free = object;
    s->used--;
}

#endif
