/*
 * Limits that a run is held to, so that its exit status says whether it is good enough: --max-p99
 * 5ms and the like. Two hold without being asked for: no operation is lost, and none fails. One
 * thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_THRESHOLDS_H
#define SIMGATE_LOADTEST_REPORT_THRESHOLDS_H

#include "loadtest/results.h"

#include <stdbool.h>

enum threshold_kind {
    THRESHOLD_LOSS,            /* of what was due: never started, timed out, or open at the end */
    THRESHOLD_ERRORS,          /* of what was due: refused, rejected, failed handshakes */
    THRESHOLD_RETRANSMISSIONS, /* by operations sent */
    THRESHOLD_RATE,            /* answered operations a second, at least */
    THRESHOLD_P50,             /* latency, nanoseconds */
    THRESHOLD_P90,
    THRESHOLD_P99,
    THRESHOLD_P999,
    THRESHOLD_MAX,
    THRESHOLD_CPU, /* of the server by answered operations, nanoseconds */
    THRESHOLD_KINDS
};

struct thresholds {
    bool is_set[THRESHOLD_KINDS];
    double limit[THRESHOLD_KINDS]; /* shares are 0 to 1 */
};

/* How a run did at one of them. */
struct threshold_outcome {
    enum threshold_kind kind;
    double limit, actual;
    bool known; /* `actual` could be measured; a limit on what could not is missed */
    bool asked; /* by an option; not one of the two that always hold */
    bool passed;
};

#define THRESHOLD_TEXT 96

/* The option's name without its dashes: "max-p99". */
const char *threshold_option(enum threshold_kind kind);

/* What is measured, in words: "latency p99". */
const char *threshold_name(enum threshold_kind kind);

/* The unit of its numbers in a file: "seconds", "share" or "per_second". Its numbers are in
 * nanoseconds where that is "seconds". */
const char *threshold_unit(enum threshold_kind kind);

/* Takes the value of the option `name`. Returns 0, or -ENOENT: no threshold has that name, -EINVAL:
 * the value is none. */
int thresholds_set(struct thresholds *t, const char *name, const char *value);

/* What an option may hold, in words: "a time such as 5ms". */
const char *thresholds_form(const char *name);

/* Judges a run that has ended. Returns how many outcomes there are. */
unsigned thresholds_judge(const struct thresholds *t, const struct results *r,
                          struct threshold_outcome outcomes[static THRESHOLD_KINDS]);

/* "0.12 %", "1.24 ms", "9,998 /s", "unknown": what was measured and what it is held to. `us` as in
 * format.h. */
const char *threshold_actual(const struct threshold_outcome *o, char text[static THRESHOLD_TEXT],
                             const char *us);
const char *threshold_limit(const struct threshold_outcome *o, char text[static THRESHOLD_TEXT],
                            const char *us);

#endif
