#include "base/timer_heap.h"

#include "base/clock.h"
#include "base/pages.h"

#include <errno.h>

static size_t bytes_for(uint32_t capacity)
{
    return ((size_t)capacity + 1) * sizeof(struct timer_node *);
}

int timer_heap_init(struct timer_heap *h, uint32_t capacity)
{
    *h = (struct timer_heap){.nodes = pages_map(bytes_for(capacity)), .capacity = capacity};
    return h->nodes ? 0 : -ENOMEM;
}

void timer_heap_deinit(struct timer_heap *h)
{
    pages_unmap(h->nodes, bytes_for(h->capacity));
    *h = (struct timer_heap){0};
}

static void put(struct timer_heap *h, uint32_t position, struct timer_node *n)
{
    h->nodes[position] = n;
    n->position = position;
}

static void sift_up(struct timer_heap *h, struct timer_node *n, uint32_t position)
{
    while (position > 1 && h->nodes[position / 2]->deadline > n->deadline) {
        put(h, position, h->nodes[position / 2]);
        position /= 2;
    }
    put(h, position, n);
}

static void sift_down(struct timer_heap *h, struct timer_node *n, uint32_t position)
{
    for (;;) {
        uint32_t child = position * 2;

        if (child < h->count && h->nodes[child + 1]->deadline < h->nodes[child]->deadline)
            child++;
        if (child > h->count || h->nodes[child]->deadline >= n->deadline)
            break;
        put(h, position, h->nodes[child]);
        position = child;
    }
    put(h, position, n);
}

static void settle(struct timer_heap *h, struct timer_node *n, uint32_t position)
{
    if (position > 1 && h->nodes[position / 2]->deadline > n->deadline)
        sift_up(h, n, position);
    else
        sift_down(h, n, position);
}

void timer_arm(struct timer_heap *h, struct timer_node *n, uint64_t deadline)
{
    n->deadline = deadline;
    settle(h, n, n->position ? n->position : ++h->count);
}

void timer_disarm(struct timer_heap *h, struct timer_node *n)
{
    uint32_t position = n->position;
    struct timer_node *last;

    if (!position)
        return;
    n->position = 0;
    last = h->nodes[h->count--];
    if (last != n)
        settle(h, last, position);
}

uint64_t timer_heap_deadline(const struct timer_heap *h)
{
    return h->count ? h->nodes[1]->deadline : CLOCK_NEVER;
}

struct timer_node *timer_heap_expire(struct timer_heap *h, uint64_t now)
{
    struct timer_node *first = h->count ? h->nodes[1] : NULL;

    if (!first || first->deadline > now)
        return NULL;
    timer_disarm(h, first);
    return first;
}
