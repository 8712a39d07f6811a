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
 * the publisher is closed at the latest.
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
    PUBLISH_PENDING,        /* only from publisher_submit(): the result comes later */
};

#define PUBLICATION_PROPERTIES 4

/* An MQTT 5 user property. Both texts live in the publication's own memory. */
struct publication_property {
    const char *name;
    const char *value;
};

struct publication {
    /* filled by the worker, not changed by the publisher */
    uint64_t deadline;  /* nanoseconds, monotonic: not sent any more from then on */
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
    uint16_t lane;
    int message_id;
    struct publication *next;
};

struct publisher_settings {
    const char *url;      /* mqtt://host:port, mqtts://host:port, stdout:, null: */
    uint32_t connections; /* at least 1 */
    uint32_t queue;       /* publications that may wait in one connection's queue, from all lanes */
    const char *username; /* NULL or "": none */
    const char *password; /* NULL or "": none */
    const char *ca_file;  /* PEM; NULL or "": the system's */
    const char *cert_file; /* PEM; NULL or "": no client certificate */
    const char *key_file;  /* PEM */
    uint32_t keepalive;    /* seconds */
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

/* Tells the sink's threads to end and waits for them, but no longer than `timeout` nanoseconds for
 * one that is stuck connecting. Then every publication can be collected. */
void publisher_stop(struct publisher *publisher, uint64_t timeout);

/* After publisher_stop() and the last publisher_collect(). NULL is accepted. */
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
    PUBLISHER_ACKNOWLEDGED,
    PUBLISHER_NOT_AUTHORIZED,
    PUBLISHER_QUOTA_EXCEEDED,
    PUBLISHER_REFUSED,
    PUBLISHER_UNREACHABLE,
    PUBLISHER_WITHDRAWN,
    PUBLISHER_OVERLOADED,
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
