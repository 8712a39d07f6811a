/*
 * What a run says in the end: a table, the files that were asked for, and whether it was good. One
 * thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_REPORT_H
#define SIMGATE_LOADTEST_REPORT_REPORT_H

#include "loadtest/report_options.h"
#include "loadtest/results.h"

/* Prints the table to standard output, and writes the files. Returns 0: the run met its thresholds,
 * and what it acknowledged is not known to be missing; 1: it did not; -errno: a file could not be
 * written, which was printed. */
int report_write(const struct results *r, const struct report_options *o);

#endif
