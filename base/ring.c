#include "base/ring.h"

#include <errno.h>
#include <stdlib.h>

int ring_init(struct ring *r, uint32_t capacity)
{
    uint32_t size = 1;

    while (size < capacity)
        size <<= 1;
    *r = (struct ring){.mask = size - 1, .slots = calloc(size, sizeof(*r->slots))};
    return r->slots ? 0 : -ENOMEM;
}

void ring_deinit(struct ring *r)
{
    free(r->slots);
    r->slots = NULL;
}
