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

static inline uint64_t random_next(struct random_source *r)
{
    uint64_t five = r->s[1] * 5;
    uint64_t result = (five << 7 | five >> 57) * 9;
    uint64_t t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = r->s[3] << 45 | r->s[3] >> 19;
    return result;
}

/* Uniform in [0, bound), but for a bias of at most bound / 2^32. `bound` is at least 1. */
uint32_t random_below(struct random_source *r, uint32_t bound);

#endif
