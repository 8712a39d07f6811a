/*
 * Separate responses (RFC 7252 §5.2.2): confirmable messages of our own, sent again until they are
 * acknowledged (§4.2), one at a time for each endpoint (NSTART = 1, §4.7); the others wait behind
 * it. When the first is given up, those behind it go too: the endpoint is not there.
 *
 * One thread. The number of responses is bounded, in all and for each device; one that finds no
 * room is not sent.
 */
#ifndef SIMGATE_WORKERS_COAP_SEPARATE_H
#define SIMGATE_WORKERS_COAP_SEPARATE_H

#include "base/datagram.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/timer_heap.h"
#include "workers/coap/output.h"

#include <stdbool.h>
#include <stdint.h>

/* Responses that one device can have waiting: one that never acknowledges must not use up the room
 * of all others. */
#define SEPARATES_PER_DEVICE 64

/* RFC 7252 §4.8 */
struct transmission_settings {
    uint64_t ack_timeout;     /* nanoseconds */
    double ack_random_factor; /* at least 1 */
    uint32_t max_retransmit;
};

struct separates {
    struct slab responses;
    struct timer_heap timers;
    struct list *buckets; /* by device, in the order of sending */
    uint32_t bucket_mask;
    struct hash_key key;
    struct random_source *random;
    struct transmission_settings settings;
    struct coap_output output;
    uint64_t retransmissions;
    uint64_t given_up; /* responses that were never acknowledged */
    uint64_t no_room;  /* responses that found no room */
};

/* Room for `capacity` responses. `random` is borrowed. Returns 0 or -errno. */
int separates_init(struct separates *s, uint32_t capacity,
                   const struct transmission_settings *settings, const struct coap_output *output,
                   struct random_source *random);

void separates_deinit(struct separates *s);

/* Sends a whole confirmable message with this Message ID, now or when the endpoint's earlier ones
 * are through. The bytes are copied. */
void separates_send(struct separates *s, uint64_t now, const struct coap_endpoint *to,
                    const struct datagram_path *path, uint16_t id, const uint8_t *bytes,
                    size_t length);

/* An ACK or RST came: the response is through. False when there is none with this Message ID. */
bool separates_finish(struct separates *s, uint64_t now, const struct coap_endpoint *from,
                      uint16_t id);

/* When separates_advance() is due, or CLOCK_NEVER. */
uint64_t separates_deadline(const struct separates *s);

/* Sends again, or gives up, what is due. */
void separates_advance(struct separates *s, uint64_t now);

#endif
