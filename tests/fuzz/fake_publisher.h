/*
 * The functions of publisher.h that a lane's thread calls, with results as a test says. It takes
 * the place of the publisher library. One thread; one lane.
 */
#ifndef SIMGATE_TESTS_FUZZ_FAKE_PUBLISHER_H
#define SIMGATE_TESTS_FUZZ_FAKE_PUBLISHER_H

#include "publisher/publisher.h"

#define FAKE_PUBLISHER_PENDING 64
#define FAKE_PUBLISHER_ERRORS  "fuzz/error" /* where error events go */

struct publisher_lane {
    bool down;
    enum publish_result result; /* of the next publications; PUBLISH_PENDING: comes later */
    struct publication *pending[FAKE_PUBLISHER_PENDING];
    uint32_t count;
    struct publication *ready[FAKE_PUBLISHER_PENDING]; /* to be collected */
    uint32_t ready_count;
    uint64_t acknowledged; /* of telemetry, which devices are told */
};

/* The publication with this number, counted modulo how many there are, if any, has a result now. */
void fake_publisher_finish(struct publisher_lane *lane, uint32_t number,
                           enum publish_result result);

/* All that is pending has this result now. */
void fake_publisher_finish_all(struct publisher_lane *lane, enum publish_result result);

#endif
