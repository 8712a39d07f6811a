/*
 * A producer and a consumer at full speed on one small ring: every pointer arrives once, in order,
 * and what it points at is visible. Under ThreadSanitizer also: without a race.
 */
#include "base/ring.h"

#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define ITEMS    UINT64_C(3000000)
#define CAPACITY 64
#define CELLS    (CAPACITY * 4) /* a cell is written again long after the consumer has left it */
#define PATIENCE (60 * CLOCK_SECOND)

struct bench {
    struct ring ring;
    uint64_t cells[CELLS];
    uint64_t received;
    uint64_t wrong;
    bool stuck;
};

static void *produce(void *argument)
{
    struct bench *bench = argument;

    for (uint64_t i = 0; i < ITEMS; i++) {
        uint64_t *cell = &bench->cells[i % CELLS];

        *cell = i;
        while (!ring_push(&bench->ring, cell)) {
            ring_commit(&bench->ring);
            sched_yield();
        }
        if (i % 7 == 0) /* batches that fit neither the capacity nor the cells */
            ring_commit(&bench->ring);
    }
    ring_commit(&bench->ring);
    return NULL;
}

static void *consume(void *argument)
{
    struct bench *bench = argument;
    uint64_t deadline = clock_now() + PATIENCE;

    while (bench->received < ITEMS && !bench->stuck) {
        const uint64_t *cell = ring_pop(&bench->ring);

        if (!cell) {
            bench->stuck = clock_now() > deadline;
            sched_yield();
            continue;
        }
        bench->wrong += *cell != bench->received;
        bench->received++;
    }
    return NULL;
}

int main(void)
{
    struct bench *bench = aligned_alloc(RING_CACHE_LINE, sizeof(*bench));
    pthread_t producer, consumer;
    int failed;

    *bench = (struct bench){0};
    if (ring_init(&bench->ring, CAPACITY) != 0)
        return 1;
    pthread_create(&producer, NULL, produce, bench);
    pthread_create(&consumer, NULL, consume, bench);
    pthread_join(consumer, NULL);
    failed = bench->stuck || bench->wrong || bench->received != ITEMS;
    printf("%llu of %llu arrived, %llu out of order\n", (unsigned long long)bench->received,
           (unsigned long long)ITEMS, (unsigned long long)bench->wrong);
    if (bench->stuck)
        return 1; /* the producer may be waiting for ever: do not join it */
    pthread_join(producer, NULL);
    failed = failed || ring_pop(&bench->ring);
    ring_deinit(&bench->ring);
    free(bench);
    return failed;
}
