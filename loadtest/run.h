/*
 * A run from its first request to its last answer: preparation, the measured phase, draining,
 * verification, the progress line and the interrupt. Fills the results. One thread.
 */
#ifndef SIMGATE_LOADTEST_RUN_H
#define SIMGATE_LOADTEST_RUN_H

#include "loadtest/driver.h"

/* SIGINT and SIGTERM will be taken when the run asks for them. Before there are other threads. */
void run_block_signals(void);

/* Runs until all is answered or given up. The first SIGINT or SIGTERM ends the schedule, the second
 * the draining. Returns 0 or -errno, which was printed. */
int run_load(struct driver *d);

#endif
