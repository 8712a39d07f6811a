/*
 * The publisher: takes publications from the workers and says of each what became of it. This is
 * the contract; the sinks are a pool of MQTT connections, standard output, and nothing at all.
 *
 * Threads: a publisher is opened and closed by the main thread. Each worker has a lane of its own
 * and uses it from its own thread only. A sink has threads of its own; between them and the lanes
 * are rings, so no worker ever waits.
 *
 * Ownership: a publication belongs to the worker until publisher_submit() returns PUBLISH_PENDING;
 * then to the publisher until publisher_collect() hands it back with its result. Every pending
 * publication comes back exactly once, and those that the broker never acknowledges come back when
 * the publisher is stopped at the latest.
 */
#ifndef SIMGATE_PUBLISHER_PUBLISHER_H
#define SIMGATE_PUBLISHER_PUBLISHER_H

#include "base/counter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log;

enum publish_result {
    PUBLISH_ACKNOWLEDGED,   /* PUBACK with 0x00 or 0x10 (MQTT 5 §3.4.2.1): the broker has it */
    PUBLISH_NOT_AUTHORIZED, /* 0x87 */
    PUBLISH_QUOTA_EXCEEDED, /* 0x97 */
    PUBLISH_REFUSED,        /* any other reason */
    PUBLISH_UNREACHABLE,    /* no connection, and it was not sent */
    PUBLISH_WITHDRAWN,      /* still queued at its deadline, and it was not sent */
    PUBLISH_OVERLOADED,     /* the queue is full */
    PUBLISH_UNANSWERED,     /* sent, and the publisher was stopped before the broker answered */
    PUBLISH_PENDING,        /* only from publisher_submit(): the result comes later */
};

#define PUBLICATION_PROPERTIES 5

/* An MQTT 5 user property. Both texts live in the publication's own memory. */
struct publication_property {
    const char *name;
    const char *value;
};

struct publication {
    /* filled by the worker, not changed by the publisher */
    /* nanoseconds, monotonic: not sent any more from then on. Those of one lane do not decrease. */
    uint64_t deadline;
    uint64_t order_key; /* publications with one key keep their order: a hash of the device */
    const char *topic;  /* NUL-terminated */
    const uint8_t *payload;
    uint32_t payload_length;
    uint32_t property_count;
    struct publication_property properties[PUBLICATION_PROPERTIES];
    void *context; /* the worker's; the publisher never reads it */

    /* filled by the publisher */
    enum publish_result result;
    /* the publisher's while it owns the publication */
    uint32_t lane;
};

struct publisher_settings {
    const char *url;      /* mqtt://host:port, mqtts://host:port, stdout:, null: */
    uint32_t connections; /* 1 to 64 */
    /* Publications that may wait for one connection, from all lanes. Each lane has its share of it,
     * rounded up to a power of two. */
    uint32_t queue;
    const char *username;  /* NULL or "": none */
    const char *password;  /* NULL or "": none */
    const char *ca_file;   /* PEM; NULL or "": the system's */
    const char *cert_file; /* PEM; NULL or "": no client certificate */
    const char *key_file;  /* PEM */
    uint32_t keepalive;    /* seconds, 5 to 65535 */
};

/* Called by a sink's thread when a lane has something to collect; must be quick and not block. */
typedef void publisher_wake_fn(void *context, unsigned lane);

struct publisher;
struct publisher_lane;

/*
 * Opens a publisher with `lanes` lanes and starts connecting, without waiting for it. `wake` may be
 * called from now on. `*error` is a text for the user that the caller frees, when the result is not
 * 0. Errors: -EINVAL (settings), -ENOMEM, -errno.
 */
int publisher_open(struct publisher **publisher, const struct publisher_settings *settings,
                   unsigned lanes, publisher_wake_fn *wake, void *context, const struct log *log,
                   char **error);

/*
 * Tells the sink's threads to end and waits for them. Then every publication can be collected, also
 * one that is submitted too late. A thread that is stuck in a name look-up, a connect or a write is
 * left alone after `timeout` nanoseconds: it ends when it comes back, and its connection's memory
 * stays allocated until the process ends.
 */
void publisher_stop(struct publisher *publisher, uint64_t timeout);

/* After publisher_stop() and the last use of a lane. NULL is accepted. */
void publisher_close(struct publisher *publisher);

/* Any thread. Whether every connection is up. */
bool publisher_ready(const struct publisher *publisher);

/* The lane of a worker, counted from 0. Belongs to the publisher. */
struct publisher_lane *publisher_lane(struct publisher *publisher, unsigned index);

/* Lane's thread. Whether the connection for this order key is up: a flag, so that a broker that is
 * down costs nothing. */
bool publisher_lane_ready(const struct publisher_lane *lane, uint64_t order_key);

/* Lane's thread. PUBLISH_PENDING, or the result at once; then the publication stays the caller's.
 */
enum publish_result publisher_submit(struct publisher_lane *lane, struct publication *publication);

/* Lane's thread. Makes submitted publications visible to the sink: once a batch. */
void publisher_flush(struct publisher_lane *lane);

/* Lane's thread. A publication whose result has come, or NULL. */
struct publication *publisher_collect(struct publisher_lane *lane);

enum publisher_counter {
    PUBLISHER_ACKNOWLEDGED, /* from here on in the order of enum publish_result */
    PUBLISHER_NOT_AUTHORIZED,
    PUBLISHER_QUOTA_EXCEEDED,
    PUBLISHER_REFUSED,
    PUBLISHER_UNREACHABLE,
    PUBLISHER_WITHDRAWN,
    PUBLISHER_OVERLOADED,
    PUBLISHER_UNANSWERED,
    PUBLISHER_CONNECTS,
    PUBLISHER_DISCONNECTS,
    PUBLISHER_CONNECTIONS_UP,
    PUBLISHER_QUEUED,
    PUBLISHER_OUTSTANDING,
    PUBLISHER_COUNTERS
};

extern const struct counter_description publisher_counters[PUBLISHER_COUNTERS];

/* Any thread. Adds the counters of all connections and lanes to `sums`. */
void publisher_count(const struct publisher *publisher, uint64_t sums[PUBLISHER_COUNTERS]);

#endif
