/*
 * What a resource is, and what it may use. A resource is handed requests that passed every check
 * that all resources share, and answers by resource_respond(), at once or later. Worker's thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_RESOURCE_H
#define SIMGATE_WORKERS_RESOURCES_RESOURCE_H

#include "base/histogram.h"
#include "base/random.h"
#include "publisher/publisher.h"
#include "storage/store.h"
#include "workers/coap/block.h"
#include "workers/coap/exchange.h"
#include "workers/resources/envelope.h"

struct resources;

/* The label of a request in statistics. */
enum resource_label {
    RESOURCE_NONE, /* refused before it reached a resource */
    RESOURCE_TELEMETRY,
    RESOURCE_BOOTSTRAP,
    RESOURCE_LOCATION,
    RESOURCE_WELL_KNOWN_CORE,
    RESOURCE_LABELS
};

/* A publication and who is told what became of it: its context is this. */
struct outbound {
    struct publication publication;
    void (*finish)(struct resources *r, struct outbound *outbound, enum publish_result result);
};

/* What came of payloads whose devices have a template. */
struct translation_counts {
    uint64_t translated, unreadable, lacking; /* the last ones for want of the template */
    uint64_t locations, locations_unusable;   /* that templates found in them */
};

/* Everything that the resources of one worker share. */
struct resources {
    struct exchanges *exchanges;
    struct store_session *store;
    struct publisher_lane *publisher;
    struct block1 block1;
    struct telemetry *telemetry;
    struct bootstrap *bootstrap;
    struct location_queries *location_queries;
    struct templates *templates;
    struct error_events *error_events;
    struct random_source *random;
    bool serves_degraded;      /* goes on without the store, as far as that is possible */
    uint64_t now;              /* nanoseconds, monotonic: when this batch began */
    struct envelope_time wall; /* the same on the wall clock */
    struct translation_counts translations;
    uint32_t instant[RESOURCE_LABELS]; /* answered within this batch */
    struct histogram durations[RESOURCE_LABELS];
};

/* A request that a resource is to answer; borrowed for the call. */
struct resource_request {
    struct exchange *exchange;
    const struct coap_message *message;
    const struct coap_request *options;
    const struct device *device; /* NULL where the resource needs none */
    uint64_t order_key;          /* the device's, for publisher_submit() */
};

struct resource {
    const char *path[COAP_REQUEST_SEGMENTS - 1]; /* segments, as many as `path_count` */
    uint32_t path_count;
    uint8_t method;          /* the one that is allowed */
    bool is_plain_only;      /* not there over CoAPS */
    bool needs_device;       /* else a source inside identity.networks will do */
    uint32_t content_format; /* of a GET's 2.05 */
    enum resource_label label;
    void (*handle)(struct resources *r, const struct resource_request *request);
};

/* Answers the request, which ends its exchange, and records how long it took. */
void resource_respond(struct resources *r, struct exchange *x,
                      const struct coap_response *response);

/* The same with nothing but a code. */
void resource_respond_code(struct resources *r, struct exchange *x, uint8_t code);

/* Whether the store could not be asked, so that serving on without it is a choice. */
bool resource_store_is_gone(enum store_result result);

/* What a request is answered with when the store gave no answer. */
uint8_t resource_store_code(enum store_result result);

/* Tells of each publication whose result has come. */
void resources_collect(struct resources *r);

/* At the end of a batch: records the durations of what was answered within it. */
void resources_flush(struct resources *r, uint64_t now);

#endif
