/*
 * Durations in buckets that are at most 1/8 wide: eight to each power of two of nanoseconds.
 * Written by one thread, read by any, like a counter.
 */
#ifndef SIMGATE_BASE_HISTOGRAM_H
#define SIMGATE_BASE_HISTOGRAM_H

#include "base/counter.h"

#include <stdint.h>

#define HISTOGRAM_BUCKETS 352 /* up to 2^46 ns, some 19 hours; longer ones count in the last */

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t sum; /* nanoseconds */
};

static inline uint32_t histogram_bucket(uint64_t nanoseconds)
{
    uint32_t shift, bucket;

    if (nanoseconds < 8)
        return (uint32_t)nanoseconds;
    shift = 60 - (uint32_t)__builtin_clzll(nanoseconds); /* leaves the top four bits */
    bucket = shift * 8 + (uint32_t)(nanoseconds >> shift);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* Owner thread. The same duration `n` times. */
static inline void histogram_record_many(struct histogram *h, uint64_t nanoseconds, uint64_t n)
{
    counter_add(&h->counts[histogram_bucket(nanoseconds)], n);
    counter_add(&h->sum, nanoseconds * n);
}

/* Owner thread. */
static inline void histogram_record(struct histogram *h, uint64_t nanoseconds)
{
    histogram_record_many(h, nanoseconds, 1);
}

/* The smallest duration that is beyond the bucket, in nanoseconds. */
uint64_t histogram_upper_bound(uint32_t bucket);

/* Any thread. Adds `from` to `to`, which is the caller's own. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/* The number of recorded durations. */
uint64_t histogram_count(const struct histogram *h);

/* The number of recorded durations below `bound` nanoseconds, exact when it is a power of two. */
uint64_t histogram_count_below(const struct histogram *h, uint64_t bound);

/* The duration that `fraction` (0 to 1) of the recorded ones do not exceed; 0 when there are none.
 */
uint64_t histogram_quantile(const struct histogram *h, double fraction);

#endif
