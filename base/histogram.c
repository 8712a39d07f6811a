#include "base/histogram.h"

uint64_t histogram_upper_bound(uint32_t bucket)
{
    uint32_t shift = bucket < 16 ? 0 : bucket / 8 - 1;

    return (uint64_t)(bucket - shift * 8 + 1) << shift;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        to->counts[i] += counter_read(&from->counts[i]);
    to->sum += counter_read(&from->sum);
}

uint64_t histogram_count(const struct histogram *h)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        count += counter_read(&h->counts[i]);
    return count;
}

uint64_t histogram_count_below(const struct histogram *h, uint64_t bound)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS && histogram_upper_bound(i) <= bound; i++)
        count += counter_read(&h->counts[i]);
    return count;
}

uint64_t histogram_quantile(const struct histogram *h, double fraction)
{
    uint64_t total = histogram_count(h);
    uint64_t wanted = (uint64_t)(fraction * (double)total + 0.5);
    uint64_t seen = 0;

    for (uint32_t i = 0; total && i < HISTOGRAM_BUCKETS; i++) {
        seen += counter_read(&h->counts[i]);
        if (seen >= wanted && seen > 0)
            return histogram_upper_bound(i) - 1;
    }
    return 0;
}
