/*
 * Results made by hand, for tests of what presents them. One thread.
 */
#ifndef SIMGATE_TESTS_UNIT_LOADTEST_SAMPLE_RESULTS_H
#define SIMGATE_TESTS_UNIT_LOADTEST_SAMPLE_RESULTS_H

#include "loadtest/results.h"

#include <stdint.h>

/* A clean open-loop run of so many seconds, 10,000 operations in each, all verified. */
void sample_results_good(struct results *r, uint32_t seconds);

/* One in which things went wrong: retransmissions, refusals, timeouts, two lost messages. */
void sample_results_bad(struct results *r, uint32_t seconds);

/* Nothing was ever answered. */
void sample_results_silent(struct results *r, uint32_t seconds);

/* Every text that comes from outside tries to break out of where it stands. */
void sample_results_hostile(struct results *r);

#endif
