/*
 * Datagrams of a handshake that wait for its key, bounded in all and for each handshake. One
 * thread.
 */
#ifndef SIMGATE_WORKERS_DTLS_HELD_H
#define SIMGATE_WORKERS_DTLS_HELD_H

#include "workers/dtls/handshake.h"

struct held_datagram {
    struct list_node node;
    struct datagram datagram;
};

/* A copy; without room it is lost, as datagrams are. One that waits already is not held twice. */
void held_add(struct dtls *d, struct association *a, const struct datagram_path *path,
              const uint8_t *bytes, size_t length);

/* The oldest is not wanted any more. */
void held_drop(struct dtls *d, struct handshake *h);

/* Receives all of them again. */
void held_resume(struct dtls *d, struct association *a);

#endif
