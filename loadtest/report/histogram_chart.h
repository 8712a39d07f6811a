/*
 * The chart of how many operations took how long, with its percentiles. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_HISTOGRAM_CHART_H
#define SIMGATE_LOADTEST_REPORT_HISTOGRAM_CHART_H

#include "loadtest/results.h"

#include <stdio.h>

void histogram_chart_write(FILE *to, const struct results *r);

#define HISTOGRAM_CHART_BARS 128

/* The histogram in bars that are equally wide on a logarithmic axis. Its own buckets are not (eight
 * equal ones to each power of two), and drawn as they are, they would put teeth on a smooth curve:
 * each gives the bars that it overlaps their part of its count. */
struct histogram_bars {
    double from, ratio; /* bar i is from from * ratio^i to from * ratio^(i + 1) nanoseconds */
    double counts[HISTOGRAM_CHART_BARS];
    unsigned count; /* of bars; 0: nothing was recorded */
    double largest;
};

struct histogram_bars histogram_chart_bars(const struct histogram *h);

#endif
