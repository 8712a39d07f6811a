/*
 * The charts of the page, each with its title, its legend and its two widths. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_CHARTS_H
#define SIMGATE_LOADTEST_REPORT_CHARTS_H

#include "loadtest/report/series.h"
#include "loadtest/results.h"

#include <stdio.h>

void charts_throughput(FILE *to, const struct results *r, const struct series *s);

/* Errors and retransmissions a second. */
void charts_trouble(FILE *to, const struct results *r, const struct series *s);

void charts_latency(FILE *to, const struct results *r, const struct series *s);

/* Processor time. */
void charts_load(FILE *to, const struct results *r, const struct series *s);

#endif
