/*
 * Deadlines of objects, the earliest first: a binary heap of pointers to nodes that live inside
 * their owners. One thread. Arming a later deadline than all others, the usual case, moves nothing.
 */
#ifndef SIMGATE_BASE_TIMER_HEAP_H
#define SIMGATE_BASE_TIMER_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* A node of zeros is not armed. */
struct timer_node {
    uint64_t deadline; /* nanoseconds, monotonic */
    uint32_t position; /* in the heap, counted from 1; 0: not armed */
};

struct timer_heap {
    struct timer_node **nodes; /* nodes[1] is the earliest */
    uint32_t count;
    uint32_t capacity;
};

/* Room for `capacity` nodes. Returns 0 or -ENOMEM. */
int timer_heap_init(struct timer_heap *h, uint32_t capacity);

void timer_heap_deinit(struct timer_heap *h);

/* Arms the node, or moves it when it is armed. At most `capacity` may be armed at a time. */
void timer_arm(struct timer_heap *h, struct timer_node *n, uint64_t deadline);

/* Accepts a node that is not armed. */
void timer_disarm(struct timer_heap *h, struct timer_node *n);

static inline bool timer_is_armed(const struct timer_node *n)
{
    return n->position != 0;
}

/* The earliest deadline, or CLOCK_NEVER. */
uint64_t timer_heap_deadline(const struct timer_heap *h);

/* Disarms and returns the earliest node whose deadline is not after `now`, or NULL. */
struct timer_node *timer_heap_expire(struct timer_heap *h, uint64_t now);

#endif
