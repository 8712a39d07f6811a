/*
 * What a run counts. One thread.
 */
#ifndef SIMGATE_LOADTEST_TALLY_H
#define SIMGATE_LOADTEST_TALLY_H

#include "base/histogram.h"

#include <stdbool.h>
#include <stdint.h>

struct tally {
    uint64_t sent; /* requests, not transmissions */
    uint64_t answered;
    uint64_t succeeded;  /* answered 2.xx, or echoed */
    uint64_t codes[256]; /* answers by code */
    uint64_t timeouts;
    uint64_t resets;
    uint64_t acknowledged; /* by an empty acknowledgement */
    uint64_t retransmissions;
    uint64_t repeated; /* responses that came again */
    uint64_t strays;   /* received, and not understood or not waited for */
    uint64_t unsent;   /* due by the schedule, but no device was idle to send them */
    uint64_t open;     /* neither answered nor given up when the run ended */
    struct histogram latency;
    uint64_t latency_max; /* nanoseconds */
};

static inline void tally_answer(struct tally *t, uint8_t code, bool success, uint64_t latency)
{
    t->answered++;
    t->codes[code]++;
    t->succeeded += success;
    histogram_record(&t->latency, latency);
    if (latency > t->latency_max)
        t->latency_max = latency;
}

/* Every request went out and was answered well. */
static inline bool tally_is_clean(const struct tally *t)
{
    return t->sent > 0 && t->succeeded == t->sent && t->unsent == 0;
}

#endif
