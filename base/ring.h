/*
 * A bounded ring of pointers between exactly one producer thread and one consumer thread, without
 * locks. Each side has a cache line of its own and keeps a copy of the other's index, so that the
 * line of the other side is touched only when the ring looks full or empty. Pushes are staged and
 * become visible by ring_commit(), once a batch.
 *
 * A pointer that was pushed belongs to the consumer from the commit on.
 */
#ifndef SIMGATE_BASE_RING_H
#define SIMGATE_BASE_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_CACHE_LINE 64

struct ring {
    /* the producer's line */
    alignas(RING_CACHE_LINE) _Atomic uint32_t tail; /* committed pushes */
    uint32_t staged;                                /* pushes, committed or not */
    uint32_t head_seen;                             /* the last known `head` */
    /* the consumer's line */
    alignas(RING_CACHE_LINE) _Atomic uint32_t head; /* pops */
    uint32_t tail_seen;                             /* the last known `tail` */
    /* constant */
    alignas(RING_CACHE_LINE) uint32_t mask;
    void **slots;
};

/* `capacity` is rounded up to a power of two. Returns 0 or -ENOMEM. Before the threads start. */
int ring_init(struct ring *r, uint32_t capacity);

/* Frees the slots; what they pointed at is not touched. After both threads have ended. */
void ring_deinit(struct ring *r);

/* Producer. Stages a pointer. False when the ring is full: the pointer stays the caller's. */
static inline bool ring_push(struct ring *r, void *pointer)
{
    if (r->staged - r->head_seen > r->mask) {
        r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
        if (r->staged - r->head_seen > r->mask)
            return false;
    }
    r->slots[r->staged++ & r->mask] = pointer;
    return true;
}

/* Producer. Hands over what was staged. True when there was anything. */
static inline bool ring_commit(struct ring *r)
{
    if (r->staged == atomic_load_explicit(&r->tail, memory_order_relaxed))
        return false;
    atomic_store_explicit(&r->tail, r->staged, memory_order_release);
    return true;
}

/* Consumer. The oldest pointer, which stays in the ring, or NULL when there is none. */
static inline void *ring_peek(struct ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

    if (head == r->tail_seen) {
        r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
        if (head == r->tail_seen)
            return NULL;
    }
    return r->slots[head & r->mask];
}

/* Consumer. The oldest pointer, or NULL when there is none. */
static inline void *ring_pop(struct ring *r)
{
    void *pointer = ring_peek(r);

    if (pointer)
        atomic_store_explicit(&r->head, atomic_load_explicit(&r->head, memory_order_relaxed) + 1,
                              memory_order_release);
    return pointer;
}

/* Any thread. How many pointers are in it, about. */
static inline uint32_t ring_depth(const struct ring *r)
{
    /* the head first: it never passes a tail that is read after it */
    uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);

    return atomic_load_explicit(&r->tail, memory_order_relaxed) - head;
}

#endif
