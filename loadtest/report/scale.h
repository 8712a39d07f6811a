/*
 * From values to places in a chart, linear or logarithmic, and the ticks of an axis at numbers that
 * people count in. Any thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_SCALE_H
#define SIMGATE_LOADTEST_REPORT_SCALE_H

#include <stdbool.h>

struct scale {
    double from, to;   /* values; from < to, and with `log` 0 < from */
    double start, end; /* places; `end` may be less, since y grows downwards */
    bool log;
};

#define TICKS_MAX 32

struct ticks {
    double at[TICKS_MAX];
    unsigned count;
};

/* From 0 to at least `most`, so that `wanted` ticks or fewer divide it evenly. */
struct scale scale_from_zero(double most, unsigned wanted, double start, double end);

/* A logarithmic scale with both values on it, and its ends at 1, 2 or 5 times a power of ten. */
struct scale scale_log(double least, double most, double start, double end);

/* Values outside of the scale are put at its ends. */
double scale_place(const struct scale *s, double value);

/* At most about `wanted` ticks, at multiples of 1, 2 or 5 times a power of ten; on a logarithmic
 * scale at 1, 2 and 5, at powers of ten, or at some of these. */
struct ticks scale_ticks(const struct scale *s, unsigned wanted);

/* For an axis of seconds: at multiples of what clocks count in (5, 15, 30, 60 …). */
struct ticks scale_time_ticks(const struct scale *s, unsigned wanted);

#endif
