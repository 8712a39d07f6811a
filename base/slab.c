#include "base/slab.h"

#include "base/pages.h"

#include <errno.h>

int slab_init(struct slab *s, size_t size, uint32_t capacity)
{
    *s = (struct slab){.stride = (uint32_t)((size + 7) & ~(size_t)7), .capacity = capacity};
    s->objects = pages_map((size_t)s->stride * capacity);
    return s->objects ? 0 : -ENOMEM;
}

void slab_deinit(struct slab *s)
{
    pages_unmap(s->objects, (size_t)s->stride * s->capacity);
    *s = (struct slab){0};
}
