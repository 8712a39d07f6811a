/*
 * Counters and gauges: declared once as data, written by the one thread that owns them, read by the
 * scraper at any time. Relaxed atomics without a locked instruction make that well-defined.
 */
#ifndef SIMGATE_BASE_COUNTER_H
#define SIMGATE_BASE_COUNTER_H

#include <stdint.h>

enum counter_kind { COUNTER_TOTAL, COUNTER_GAUGE };

/* What the scraper prints. Rows with one name stand together; `help` and `kind` are the first's. */
struct counter_description {
    const char *name;   /* Prometheus name, "simgate_…_total" */
    const char *labels; /* "reason=\"malformed\"", or "" */
    const char *help;   /* one sentence, or NULL in rows that share a name with the one before */
    enum counter_kind kind;
};

/* Owner thread. */
static inline void counter_set(uint64_t *counter, uint64_t value)
{
    __atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

/* Any thread. */
static inline uint64_t counter_read(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Owner thread. */
static inline void counter_add(uint64_t *counter, uint64_t n)
{
    counter_set(counter, counter_read(counter) + n);
}

#endif
