/*
 * The way out: messages are written straight into a batch of datagrams, and one sendmmsg(2) sends a
 * run of them on their listener's socket. One thread; the sockets are shared and only written to.
 */
#ifndef SIMGATE_WORKERS_EGRESS_H
#define SIMGATE_WORKERS_EGRESS_H

#include "base/counter.h"
#include "workers/coap/output.h"

#include <stdbool.h>
#include <stdint.h>

#define EGRESS_BATCH     64
#define EGRESS_LISTENERS 16

/* A message, and what DTLS puts around it. */
#define EGRESS_DATAGRAM_MAX (COAP_MESSAGE_MAX + 128)

/* A listener's socket as a worker sees it. */
struct egress_socket {
    int fd;
    bool wildcard; /* bound to every address: the reply has to name the one it leaves from */
};

enum egress_counter {
    EGRESS_SENT,
    EGRESS_BYTES,
    EGRESS_DROPPED_FULL,
    EGRESS_DROPPED_FAILED,
    EGRESS_COUNTERS
};

extern const struct counter_description egress_counters[EGRESS_COUNTERS];

struct egress;

/* `sockets` are copied; a datagram_path's `listener` is an index into them. NULL: no memory. */
struct egress *egress_open(const struct egress_socket *sockets, uint32_t count);

void egress_close(struct egress *e);

/* For the message layer. */
struct coap_output egress_output(struct egress *e);

/* Sends what is in the batch. What the socket does not take now is dropped and counted: CoAP sends
 * again. */
void egress_flush(struct egress *e);

const uint64_t *egress_counts(const struct egress *e);

#endif
