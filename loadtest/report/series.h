/*
 * The per-second series in as many points as a chart has room for. Any thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_SERIES_H
#define SIMGATE_LOADTEST_REPORT_SERIES_H

#include "loadtest/results.h"

#include <stdint.h>

/* Some seconds in a row. Rates are means, so that no throughput is made up; latencies are the worst
 * of its seconds, so that none is hidden. */
struct series_point {
    double from, to;                                /* seconds since the start */
    double sent, answered, errors, retransmissions; /* a second */
    double p50, p99, latency_max;                   /* seconds; 0: nothing was answered */
    double server_load, own_load;                   /* 1 is one core */
    uint64_t in_flight;                             /* the most */
};

struct series {
    struct series_point *points;
    uint32_t count;
    uint32_t seconds; /* to a point */
    double end;       /* seconds, of the last point */
};

/* At most `most` points. The caller frees with series_deinit(). Returns 0 or -ENOMEM. */
int series_init(struct series *s, const struct results *r, uint32_t most);

void series_deinit(struct series *s);

#endif
