/*
 * What makes the figures of a run doubtful, in words: each report shows them. Any thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_WARNINGS_H
#define SIMGATE_LOADTEST_REPORT_WARNINGS_H

#include "loadtest/results.h"

#define WARNINGS_MAX  5
#define WARNINGS_TEXT 256

/* Returns how many there are. */
unsigned warnings_of(const struct results *r, char texts[static WARNINGS_MAX][WARNINGS_TEXT]);

#endif
