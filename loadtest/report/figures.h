/*
 * Figures that the reports compute from a run's results, so that all of them say the same. Any
 * thread. A quotient without a divisor is 0.
 */
#ifndef SIMGATE_LOADTEST_REPORT_FIGURES_H
#define SIMGATE_LOADTEST_REPORT_FIGURES_H

#include "loadtest/results.h"

#include <stdbool.h>

#define FIGURES_QUANTILES 4

struct figures_quantile {
    const char *name; /* "p99.9" */
    double fraction;
};

extern const struct figures_quantile figures_quantiles[FIGURES_QUANTILES];

/* Operations that were answered in the measured phase, by its seconds. */
double figures_throughput(const struct results *r);

/* By operations sent. */
double figures_retransmissions(const struct results *r);

/* Operations that were due and never got an answer, and those that got one that was none of
 * success; shares of what was due. */
uint64_t figures_lost(const struct results *r);
uint64_t figures_failed(const struct results *r);
double figures_loss(const struct results *r);
double figures_errors(const struct results *r);

/* Processor time by operations answered in the measured phase, in nanoseconds. */
double figures_server_cpu(const struct results *r);
double figures_own_cpu(const struct results *r);

/* Processor time by the measured phase: 1 is one core. */
double figures_server_load(const struct results *r);
double figures_own_load(const struct results *r);

/* Nanoseconds. */
double figures_mean_latency(const struct results *r);

/* The setting of that name, or `otherwise`. */
const char *figures_setting(const struct results *r, const char *name, const char *otherwise);

/* What latency is measured from: "the scheduled time" or "sending". */
const char *figures_latency_from(const struct results *r);

/* A sentence about what became of acknowledged messages. */
#define FIGURES_SENTENCE 256
const char *figures_verdict(const struct results *r, char text[static FIGURES_SENTENCE]);

/* Whether something acknowledged is missing, or could not be looked for. */
bool figures_verification_failed(const struct results *r);

/* Whether the scenario has it. */
bool figures_has_step(const struct results *r, enum results_step step);

/* "2.04", or "echoed" for what is no response's code. */
#define FIGURES_CODE 16
const char *figures_code(char text[static FIGURES_CODE], unsigned code);

#endif
