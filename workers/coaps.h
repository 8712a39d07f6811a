/*
 * CoAPS on one worker: DTLS between the sockets and the message layer, and what a handshake has to
 * ask: whose is this address, and which keys has that device. Worker's thread, in a batch.
 *
 * An association is an endpoint of the message layer, by its id. Its device is the one of its
 * source address, whose ICCID is its PSK identity (IDENTITY_ENFORCE); or the one whose ICCID the
 * PSK identity is, wherever it sends from.
 *
 * A build without DTLS has coaps_disabled.c instead, which opens nothing.
 */
#ifndef SIMGATE_WORKERS_COAPS_H
#define SIMGATE_WORKERS_COAPS_H

#include "base/counter.h"
#include "workers/admission.h"
#include "workers/arrival.h"
#include "workers/dtls/dtls.h"

struct coaps;

/* All of it is borrowed. */
struct coaps_parts {
    struct resources *resources;
    struct admission *admission;
    const struct coap_output *sockets; /* takes datagrams of EGRESS_DATAGRAM_MAX bytes */
    /* A message was decrypted. */
    void (*receive)(void *context, const struct arrival *a);
    void *context;
};

/* Returns 0, -ENOTSUP (a build without DTLS), or another -errno; coaps_close() is due in any case.
 */
int coaps_open(struct coaps **coaps, const struct dtls_settings *settings,
               const struct coaps_parts *parts);

/* After the store's session is closed. NULL is accepted, here and below. */
void coaps_close(struct coaps *c);

/* For the message layer: to any endpoint, as records where that is an association. */
struct coap_output coaps_output(struct coaps *c);

/* Datagrams came on sockets for CoAPS, COAPS_BATCH at the most, which are borrowed. */
#define COAPS_BATCH 64
void coaps_receive(struct coaps *c, const struct datagram *const *batch, uint32_t count);

/* Ends an association, whose key is not good any more. */
void coaps_end(struct coaps *c, uint64_t id);

/* When coaps_advance() is due, or CLOCK_NEVER. */
uint64_t coaps_deadline(const struct coaps *c);

void coaps_advance(struct coaps *c);

/* Brings gauges up to date: once a batch. */
void coaps_gather(struct coaps *c);

/* Any thread. Adds its counters to `sums`; a worker without CoAPS has none. */
void coaps_count(const struct coaps *c, uint64_t sums[DTLS_COUNTERS]);

/* What they are; `*count` is 0 in a build without DTLS. */
const struct counter_description *coaps_counters(uint32_t *count);

#endif
