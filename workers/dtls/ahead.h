/*
 * What a datagram leads to in memory, fetched by the processor before the datagram is received: its
 * association, and what wolfSSL has of that. With many associations nothing of it is in a cache. A
 * batch does each step for all of its datagrams, or for some that come a little later, and so waits
 * for memory a few times and not for each. Nothing changes by it. One thread.
 */
#ifndef SIMGATE_WORKERS_DTLS_AHEAD_H
#define SIMGATE_WORKERS_DTLS_AHEAD_H

#include "workers/dtls/dtls.h"

/* A slot stays where it is, so that the association may end between the steps. */
struct dtls_ahead {
    bool of_handshake; /* all of its source are looked at, one in each step, without sessions */
    const uint32_t *bucket;          /* of its source, or NULL */
    struct association *association; /* probably; from step 1 on, or NULL */
};

#define DTLS_AHEAD_STEPS (2 + SESSION_PREFETCH_STEPS)

/* In the order of the steps, from 0 on. */
void dtls_look_ahead(const struct dtls *d, struct dtls_ahead *a, unsigned step,
                     const struct datagram_path *path, const uint8_t *bytes, size_t length);

/* The next datagram is the one that was looked ahead of: its bucket needs no second search. */
void dtls_expect(struct dtls *d, const struct dtls_ahead *a, const struct datagram_path *path);

#endif
