/*
 * Where a record leads in a worker's tables, looked at ahead of it: its association, the device of
 * its address, and the association's requests that are remembered. Worker's thread.
 */
#ifndef SIMGATE_WORKERS_COAPS_WAY_H
#define SIMGATE_WORKERS_COAPS_WAY_H

#include "workers/coaps.h"
#include "workers/dtls/ahead.h"

struct coaps_way {
    struct dtls_ahead ahead;
    struct dedup_place remembered; /* once there is an association */
    uint32_t device;
};

/* Has the processor fetch what a batch needs first. */
void coaps_ways_begin(struct coaps_way *ways, const struct dtls *dtls,
                      const struct coaps_parts *parts, const struct datagram *const *batch,
                      uint32_t count);

/* Before datagram `i` of it is received: what some behind it need besides. wolfSSL's sessions are
 * large, and those of a whole batch would drive each other out of the cache. */
void coaps_ways_next(struct coaps_way *ways, const struct dtls *dtls,
                     const struct coaps_parts *parts, const struct datagram *const *batch,
                     uint32_t count, uint32_t i);

#endif
