/*
 * Whether a run was good, and by what: its thresholds and its verification. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_JUDGEMENT_H
#define SIMGATE_LOADTEST_REPORT_JUDGEMENT_H

#include "loadtest/report/thresholds.h"
#include "loadtest/results.h"

#include <stdbool.h>

struct judgement {
    struct threshold_outcome outcomes[THRESHOLD_KINDS];
    unsigned count;
    unsigned missed; /* of them */
    bool verification_failed;
    bool passed;
};

struct judgement judgement_of(const struct results *r, const struct thresholds *t);

#endif
