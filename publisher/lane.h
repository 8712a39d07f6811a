/*
 * A worker's side of the publisher. The lane's own functions are those of publisher.h; this one is
 * the main thread's, before the lane's thread uses it. Internal to publisher/.
 */
#ifndef SIMGATE_PUBLISHER_LANE_H
#define SIMGATE_PUBLISHER_LANE_H

#include "publisher/sink.h"

struct publisher_lane {
    /* One cache line a lane at least, since the lanes stand side by side. */
    alignas(RING_CACHE_LINE) uint32_t index;
    uint32_t sink_count; /* 0: whatever is submitted counts as acknowledged (null:) */
    struct sink **sinks; /* borrowed */
    uint64_t counters[PUBLISHER_COUNTERS];
};

void lane_init(struct publisher_lane *lane, uint32_t index, struct sink **sinks,
               uint32_t sink_count);

#endif
