/*
 * The figures of the page as tables. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_HTML_TABLES_H
#define SIMGATE_LOADTEST_REPORT_HTML_TABLES_H

#include "loadtest/report/judgement.h"
#include "loadtest/report/series.h"
#include "loadtest/results.h"

#include <stdio.h>

/* What was measured, and what it is held to. */
void html_tables_results(FILE *to, const struct results *r, const struct judgement *j);

/* The settings and the machine. */
void html_tables_setup(FILE *to, const struct results *r);

/* The charts' figures. */
void html_tables_series(FILE *to, const struct series *s);

#endif
