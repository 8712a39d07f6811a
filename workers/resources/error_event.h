/*
 * Error events: what went wrong with a device, published where its operator looks
 * (mqtt.error_topic). Nobody waits for one: it is published once, and dropped and counted where
 * there is no room. Worker's thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ERROR_EVENT_H
#define SIMGATE_WORKERS_RESOURCES_ERROR_EVENT_H

#include "base/slab.h"
#include "workers/resources/resource.h"
#include "workers/resources/topic.h"

#define ERROR_EVENT_DESCRIPTION 255 /* characters */

/* Texts may have any bytes. */
struct error_event {
    const struct device *device;
    uint64_t order_key; /* the device's */
    const uint8_t *ip;  /* the source, 16 bytes */
    const char *code;   /* for programs; NULL: none */
    const char *message;
    const char *description;
};

struct error_event_settings {
    struct topic_template topic;
    uint64_t deadline; /* nanoseconds: the same as telemetry's, since a lane's do not decrease */
};

struct error_events {
    struct error_event_settings settings;
    struct slab jobs;
    uint64_t acknowledged, failed, dropped; /* by the broker; not by it; not even published */
};

/* The topic's template, in which only {iccid} is legal. Returns NULL, or what is wrong with it. */
const char *error_topic_init(struct topic_template *t, const char *text);

/* Returns 0 or -ENOMEM. */
int error_events_init(struct error_events *e, const struct error_event_settings *settings);

/* After the publisher has given every job back. */
void error_events_deinit(struct error_events *e);

void error_event_publish(struct resources *r, const struct error_event *event);

/* The MQTT payload. */
void error_event_write(struct writer *w, const struct error_event *event, const char *id,
                       const struct envelope_time *time);

#endif
