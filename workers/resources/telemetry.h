/*
 * POST / and /data: a device's message becomes a publication, and its 2.04 leaves when the broker
 * has acknowledged it (or, with TELEMETRY_ACK_QUEUED, when it is queued). Worker's thread.
 *
 * A job is a message on its way: it holds the publication, and comes back with its result. When the
 * deadline comes first the device gets 5.04 and the job goes on alone.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_TELEMETRY_H
#define SIMGATE_WORKERS_RESOURCES_TELEMETRY_H

#include "base/clock.h"
#include "base/slab.h"
#include "workers/resources/resource.h"
#include "workers/resources/topic.h"

/* How long a reservation outlives the deadline, nanoseconds: answers under way at the deadline
 * still count. */
#define TELEMETRY_RESERVATION_GRACE (2 * CLOCK_SECOND)

enum telemetry_format {
    TELEMETRY_ENVELOPE, /* JSON around the payload */
    TELEMETRY_RAW,      /* the payload as it came, metadata in user properties */
};

enum telemetry_ack {
    TELEMETRY_ACK_BROKER, /* 2.04 after the PUBACK: no acknowledged message is ever lost */
    TELEMETRY_ACK_QUEUED, /* 2.04 when it is queued: lost if this process dies before the PUBACK */
};

struct telemetry_settings {
    enum telemetry_format format;
    enum telemetry_ack ack;
    uint64_t deadline; /* nanoseconds */
    bool parse_json;
    struct topic_template topic;
    uint32_t max_jobs;
    uint64_t payload_memory; /* bytes for publications that are too large for a job's own memory */
};

struct telemetry {
    struct telemetry_settings settings;
    struct slab jobs;
    uint64_t allocated; /* bytes, of payload_memory */
    uint64_t unshared;  /* messages that went on though the store could not reserve them */
};

/* Returns 0 or -errno. */
int telemetry_init(struct telemetry *t, const struct telemetry_settings *settings);

/* After the publisher has given every job back. */
void telemetry_deinit(struct telemetry *t);

void telemetry_handle(struct resources *r, const struct resource_request *request);

/* The deadline of a message came before its PUBACK: 5.04. */
void telemetry_expired(struct resources *r, struct exchange *x);

#endif
