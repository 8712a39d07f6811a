/*
 * The process put together: store, publisher, workers, listeners and receive loops, in the order in
 * which they need each other. Main thread, unless a function says otherwise.
 */
#ifndef SIMGATE_GATEWAY_GATEWAY_H
#define SIMGATE_GATEWAY_GATEWAY_H

#include "gateway/config.h"
#include "gateway/listener.h"
#include "gateway/receive_loop.h"
#include "workers/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* For CoAP and for CoAPS. */
#define GATEWAY_LISTENERS (2 * CONFIG_ADDRESSES_MAX)

struct gateway {
    const struct config *config;
    const struct log *log;
    bool takeover;
    bool draining;
    struct shard shard;
    uint16_t node; /* in connection ids: which gateway */
    struct store *store;
    struct publisher *publisher;
    uint32_t listener_count;
    uint32_t secure_listeners; /* a bit for each that takes CoAPS */
    struct listener listeners[GATEWAY_LISTENERS];
    uint32_t worker_count;
    struct worker *workers[CONFIG_WORKERS_MAX];
    uint32_t loop_count;
    struct receive_loop *loops[CONFIG_WORKERS_MAX];
};

/* Opens everything and starts the threads. Returns 0, or -errno after it has logged why; in both
 * cases gateway_close() follows. */
int gateway_open(struct gateway *g, const struct config *config, bool takeover,
                 const struct log *log);

/* Logs what it listens on. */
void gateway_announce(const struct gateway *g);

/* Ends the threads and closes everything. Accepts a gateway that failed to open. */
void gateway_close(struct gateway *g);

/* Has the store read its files again, and logs what is wrong with them. Any thread, but one at a
 * time and not after gateway_close(). */
void gateway_reload(struct gateway *g);

/* From now on new requests are ignored, and the gateway is not ready. */
void gateway_drain(struct gateway *g);

/* Requests and responses that are not through. */
uint32_t gateway_open_exchanges(const struct gateway *g);

/* Why the gateway is not ready to serve, or NULL when it is. */
const char *gateway_not_ready(const struct gateway *g);

/* What a gateway that is ready cannot do at the moment, or NULL when there is nothing. */
const char *gateway_degraded(const struct gateway *g);

#endif
