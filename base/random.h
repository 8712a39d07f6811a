/*
 * Fast random numbers for Message IDs, jitter and publication ids (xoshiro256**, Blackman and Vigna
 * 2018), seeded from getrandom(2). Not for secrets. One a thread.
 */
#ifndef SIMGATE_BASE_RANDOM_H
#define SIMGATE_BASE_RANDOM_H

#include <stdint.h>

struct random_source {
    uint64_t s[4];
};

/* Seeds from the kernel. Returns 0 or -errno. */
int random_source_init(struct random_source *r);

/* Seeds from one number, the same sequence each time: for tests. */
void random_source_seed(struct random_source *r, uint64_t seed);

uint64_t random_next(struct random_source *r);

/* Uniform in [0, bound), but for a bias of at most bound / 2^32. `bound` is at least 1. */
uint32_t random_below(struct random_source *r, uint32_t bound);

#endif
