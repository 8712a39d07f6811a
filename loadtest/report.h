/*
 * What a run says about itself: a line each second, a table in the end, and the same as JSON. One
 * thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_H
#define SIMGATE_LOADTEST_REPORT_H

#include "loadtest/results.h"

#include <stdint.h>

struct report_progress {
    uint64_t next;     /* nanoseconds, monotonic: no line before */
    uint64_t last;     /* when the last line was written; 0: never */
    uint64_t answered; /* by then */
};

/* Rewrites the line on standard error, a terminal, once a second. */
void report_progress(struct report_progress *p, const struct results *r, uint64_t now);

/* Clears the line. */
void report_end_progress(const struct report_progress *p);

/* The table, to standard output. */
void report_table(const struct results *r);

/* Writes `path`. Returns 0 or -errno. */
int report_json(const char *path, const struct results *r);

#endif
