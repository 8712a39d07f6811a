/*
 * A run from its first request to its last answer: the measured phase, the draining, the progress
 * line and the interrupt. One thread.
 */
#ifndef SIMGATE_LOADTEST_RUN_H
#define SIMGATE_LOADTEST_RUN_H

#include "loadtest/driver.h"

#include <stdbool.h>
#include <stdint.h>

/* What was measured between the first request and the end of the schedule; with --count, and the
 * last answer. */
struct run_measurement {
    uint64_t elapsed; /* nanoseconds */
    uint64_t answered;
    uint64_t own_cpu;    /* nanoseconds */
    uint64_t server_cpu; /* nanoseconds */
    bool server_measured;
};

/* Runs until all is answered or given up. SIGINT and SIGTERM end the schedule, and a second one the
 * draining. Returns 0 or -errno, which was printed. */
int run_load(struct driver *d, struct run_measurement *m);

#endif
