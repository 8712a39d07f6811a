/*
 * A worker: a thread with a loop of its own, which serves the datagrams of the source addresses
 * that are its share. Datagrams reach it from a receive loop on its own loop (worker_receive()) or,
 * by a pair of rings, from one on another thread (struct worker_inbox).
 *
 * Opened and closed by the main thread; everything else says which thread may call it.
 */
#ifndef SIMGATE_WORKERS_WORKER_H
#define SIMGATE_WORKERS_WORKER_H

#include "base/ring.h"
#include "workers/egress.h"
#include "workers/service.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct worker;

/* Datagrams from one receive loop, and their slots on the way back. */
struct worker_inbox {
    struct ring datagrams; /* the receive loop produces */
    struct ring slots;     /* the worker produces; as many places as the receive loop has slots */
};

struct worker_settings {
    struct service_settings service;
    struct egress_socket sockets[EGRESS_LISTENERS];
    uint32_t socket_count;
    uint32_t receivers; /* receive loops on other threads */
    uint32_t slots;     /* of each */
    uint32_t inbox;     /* of these, how many may wait for the worker */
};

/* Returns 0 or -errno; worker_close() is due in any case. `store` is borrowed. */
int worker_open(struct worker **worker, uint32_t index, const struct worker_settings *settings,
                struct store *store, const struct log *log);

/* Main thread, before worker_start(): the publisher is opened when the workers are there to be
 * woken. Returns 0 or -errno. */
int worker_attach_publisher(struct worker *w, struct publisher_lane *lane);

/* Starts the thread. Returns 0 or -errno. */
int worker_start(struct worker *w);

/* Ends the thread and waits for it. */
void worker_stop(struct worker *w);

/* After worker_stop() and publisher_stop(). NULL is accepted. */
void worker_close(struct worker *w);

/* Before worker_start(): for a receive loop on the worker's own thread. */
uv_loop_t *worker_loop(struct worker *w);

/* The inbox for receive loop `receiver`. */
struct worker_inbox *worker_inbox(struct worker *w, uint32_t receiver);

/* Any thread. The worker will look into its inboxes, and for results of the publisher. */
void worker_wake(struct worker *w);

/* Any thread. From now on the worker ignores new requests and finishes those it has. */
void worker_drain(struct worker *w);

/* Any thread. Requests and responses that are not through, and publications that are on their way.
 */
uint32_t worker_open_exchanges(const struct worker *w);

/* Worker's thread: receives datagrams, SERVICE_BATCH at the most, which are borrowed. */
void worker_receive(struct worker *w, const struct datagram *const *batch, uint32_t count);

/* What the scraper reads: any thread, at any time between open and close. */
const struct service *worker_service(const struct worker *w);
const uint64_t *worker_egress_counts(const struct worker *w);

#endif
