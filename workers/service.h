/*
 * All that one worker does with a datagram, without its thread and sockets: the message layer, the
 * admission, the resources, joined. Datagrams and `now` go in, messages come out by `output`, and
 * service_deadline() says when service_advance() is due; so whole conversations run in virtual
 * time. One thread.
 */
#ifndef SIMGATE_WORKERS_SERVICE_H
#define SIMGATE_WORKERS_SERVICE_H

#include "base/log.h"
#include "workers/admission.h"
#include "workers/coaps.h"
#include "workers/parking.h"
#include "workers/resources/bootstrap.h"
#include "workers/resources/error_event.h"
#include "workers/resources/location.h"
#include "workers/resources/telemetry.h"
#include "workers/resources/templates.h"

struct service_settings {
    struct exchange_settings exchange;
    struct admission_settings admission;
    struct telemetry_settings telemetry;
    struct bootstrap_settings bootstrap;
    struct error_event_settings error_event;
    uint64_t block_memory;     /* bytes */
    uint32_t secure_listeners; /* a bit for each listener of CoAPS */
    struct dtls_settings dtls; /* where there are such */
    bool serves_degraded;      /* goes on for known devices while the store is gone */
};

enum service_counter {
    SERVICE_LOOKUPS,
    SERVICE_LOOKUPS_FAILED,
    SERVICE_WITHOUT_LOOKUP,
    SERVICE_WITHOUT_RESERVATION,
    SERVICE_PARKING_REFUSED,
    SERVICE_DRAINED,
    SERVICE_BLOCK1_EVICTED,
    SERVICE_CACHE_HITS,
    SERVICE_CACHE_STALE,
    SERVICE_CACHE_MISSES,
    SERVICE_CACHE_EVICTED,
    SERVICE_CACHE_DEVICES,
    SERVICE_TRANSLATED,
    SERVICE_NOT_TRANSLATED,
    SERVICE_WITHOUT_TEMPLATE,
    SERVICE_TEMPLATES_REFUSED,
    SERVICE_LOCATIONS,
    SERVICE_LOCATIONS_UNUSABLE,
    SERVICE_EVENTS_ACKNOWLEDGED,
    SERVICE_EVENTS_FAILED,
    SERVICE_EVENTS_DROPPED,
    SERVICE_COUNTERS
};

extern const struct counter_description service_counters[SERVICE_COUNTERS];

struct service {
    struct random_source random;
    struct exchanges exchanges;
    struct admission admission;
    struct telemetry telemetry;
    struct bootstrap bootstrap;
    struct location_queries location_queries;
    struct templates templates;
    struct error_events error_events;
    struct resources resources;
    struct parking parking;
    struct coap_output sockets;
    struct coaps *coaps; /* NULL: plain CoAP alone */
    uint32_t secure_listeners;
    const struct arrival *arrival;   /* the one being received */
    enum store_result lookup_result; /* of the look-up that it waited for, if it did */
    bool draining;                   /* no new requests */
    const struct log *log;
    struct log_limit conflict_limit;
    uint64_t counters[SERVICE_COUNTERS];
};

/* `store` and `publisher` are borrowed. Returns 0 or -errno. */
int service_init(struct service *s, const struct service_settings *settings,
                 const struct coap_output *output, struct store_session *store,
                 struct publisher_lane *publisher, const struct log *log);

/* After the publisher is stopped and what it gave back is collected, and the store's session closed
 * after that: collecting answers, and answers go to the store too. */
void service_deinit(struct service *s);

/* A batch begins: what is done until service_end() is done at this time. */
void service_begin(struct service *s, uint64_t now, uint64_t wall_ms);

/* In a batch, as the store's answers are. The datagrams, SERVICE_BATCH at the most, are borrowed.
 */
#define SERVICE_BATCH COAPS_BATCH
void service_receive(struct service *s, const struct datagram *const *batch, uint32_t count);

/* In a batch: a message out of a datagram, a record, or of one that waited. Borrowed. */
void service_receive_message(struct service *s, const struct arrival *a);

/* In a batch. What the store said may be outdated: of an address, of a device, of
 * the templates, of all. */
void service_forget_address(struct service *s, const uint8_t ip[16]);
void service_forget_device(struct service *s, const char *iccid);
void service_doubt_templates(struct service *s);
void service_doubt(struct service *s);

/* In a batch. Answers what the publisher has results for. */
void service_collect(struct service *s);

/* In a batch. Does what is due. */
void service_advance(struct service *s);

/* The batch ends: publications become visible to the publisher, statistics to the scraper. */
void service_end(struct service *s, uint64_t now);

/* Requests and separate responses that are not through, and promises that are not kept yet. */
uint32_t service_open(const struct service *s);

/* When service_advance() is due, or CLOCK_NEVER. */
uint64_t service_deadline(const struct service *s);

#endif
