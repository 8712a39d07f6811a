/*
 * What stands around a chart in the page: title, words and legend. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_FIGURE_H
#define SIMGATE_LOADTEST_REPORT_FIGURE_H

#include <stdio.h>

struct figure_key {
    const char *class; /* of the line in the chart */
    const char *text;
};

/* `keys` may be NULL. */
void figure_begin(FILE *to, const char *title, const char *words, const struct figure_key *keys,
                  unsigned count);
void figure_end(FILE *to);

#endif
