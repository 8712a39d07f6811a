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

/* Has the processor fetch what is there: steps 0 to DTLS_AHEAD_STEPS - 1, in this order. */
void coaps_way_look(struct coaps_way *way, const struct dtls *dtls, const struct coaps_parts *parts,
                    const struct datagram *d, unsigned step);

#endif
