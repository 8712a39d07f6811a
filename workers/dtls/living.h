/*
 * Associations whose handshake is through: records, moves to another address, ends. One thread.
 */
#ifndef SIMGATE_WORKERS_DTLS_LIVING_H
#define SIMGATE_WORKERS_DTLS_LIVING_H

#include "workers/dtls/dtls.h"

/* A datagram that the filter let pass. */
void living_receive(struct dtls *d, struct association *a, const struct datagram_path *path,
                    const struct records *all);

/* One record of it. */
void living_record(struct dtls *d, struct association *a, const struct datagram_path *path,
                   const struct record *r);

/* Sends records of the association's session, within its allowance. */
void association_emit(struct association *a, const uint8_t *bytes, size_t length);

/* As dtls_send(). */
int living_send(struct dtls *d, struct association *a, const uint8_t *bytes, size_t length);

/* Counts the reason, tells the handler and frees it, handshake or not. */
void association_end(struct dtls *d, struct association *a, enum dtls_counter reason);

#endif
