/*
 * The MQTT payload of a telemetry message. Any thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENVELOPE_H
#define SIMGATE_WORKERS_RESOURCES_ENVELOPE_H

#include "base/random.h"
#include "base/writer.h"
#include "storage/store.h"
#include "workers/coap/request.h"

#include <stdbool.h>
#include <stdint.h>

/* "1-<8 hex of epoch seconds>-<24 hex random>" and a NUL. */
#define ENVELOPE_ID_SIZE 36

/* What an envelope is longer than its payload's value and topic, at the most. */
#define ENVELOPE_OVERHEAD 448

/* A moment as envelopes say it. Many messages share one: it is made once for a batch. */
struct envelope_time {
    uint64_t wall_ms;
    char received[21]; /* the same in decimal */
    uint8_t received_length;
    char id_start[11]; /* "1-<8 hex of epoch seconds>-" */
};

struct envelope {
    const struct device *device;
    const uint8_t *ip;             /* the source, 16 bytes */
    const struct coap_text *topic; /* may be empty */
    const uint8_t *payload;
    size_t payload_length;
    bool is_json;                     /* the payload is valid JSON and goes in as it is */
    bool is_translated;               /* and it is not the device's own */
    const struct envelope_time *time; /* of the reception */
    const char *id;
};

void envelope_time_set(struct envelope_time *t, uint64_t wall_ms);

void envelope_make_id(char id[ENVELOPE_ID_SIZE], const struct envelope_time *time,
                      struct random_source *random);

/* Whether the bytes are one JSON value (RFC 8259) in UTF-8. Allocates. */
bool envelope_is_json(const uint8_t *bytes, size_t length);

/* The member "device". */
void envelope_write_device(struct writer *w, const struct device *device, const uint8_t ip[16]);

void envelope_write(struct writer *w, const struct envelope *e);

#endif
