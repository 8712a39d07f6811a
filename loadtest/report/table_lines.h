/*
 * The kinds of lines that the table is made of, each within 80 columns where its texts allow, and
 * the lines that judge a run. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_TABLE_LINES_H
#define SIMGATE_LOADTEST_REPORT_TABLE_LINES_H

#include "loadtest/report/colour.h"
#include "loadtest/report/judgement.h"
#include "loadtest/results.h"

#include <stdbool.h>
#include <stdio.h>

struct table {
    FILE *to;
    bool colour;
    bool begun; /* a section was printed */
};

/* A title, and an empty line before it. */
__attribute__((format(printf, 2, 3))) void table_section(struct table *t, const char *format, ...);

/* A name, a figure to the right, and what belongs to it. */
void table_figure(struct table *t, enum colour colour, const char *name, const char *note,
                  const char *figure);

/* A name and a text. */
__attribute__((format(printf, 3, 4))) void table_words(struct table *t, const char *name,
                                                       const char *format, ...);

/* A name and five figures. */
void table_row(struct table *t, const char *name, const char *a, const char *b, const char *c,
               const char *d, const char *e);

/* Its words on as many lines as they need. */
void table_warning(struct table *t, const char *text);

/* Verification and thresholds. */
void table_verdict(struct table *t, const struct results *r, const struct judgement *j);

#endif
