/*
 * What a run says while it goes on, to standard error: on a terminal one line that changes each
 * second, elsewhere a line every few seconds. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_PROGRESS_H
#define SIMGATE_LOADTEST_REPORT_PROGRESS_H

#include "loadtest/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool terminal, colour;
    bool shown;    /* a line is on the terminal */
    uint32_t seen; /* entries of the series that a line has said */
    uint64_t next; /* nanoseconds, monotonic: no line about the preparation before */
};

void progress_init(struct progress *p);

/* Says what there is to say by now; often nothing. To be called some times a second. */
void progress_show(struct progress *p, const struct results *r, uint64_t now);

/* Clears the line. Anything else that is printed to the terminal comes after this. */
void progress_clear(struct progress *p);

/* The line: at most `columns` of them (0: any), and only whole figures. Returns its length in
 * bytes, without the NUL. */
#define PROGRESS_LINE 512
size_t progress_line(char line[static PROGRESS_LINE], const struct results *r, unsigned columns,
                     bool colour);

#endif
