/*
 * One simulated device as a CoAP client: its Message IDs, its one open exchange (NSTART = 1, RFC
 * 7252 §4.7) and what a received message means to it. No I/O and no clock; one thread.
 */
#ifndef SIMGATE_LOADTEST_DEVICE_H
#define SIMGATE_LOADTEST_DEVICE_H

#include "base/list.h"
#include "base/random.h"
#include "base/timer_heap.h"
#include "workers/coap/message.h"

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_TOKEN 4 /* bytes */

enum device_state {
    DEVICE_IDLE,
    DEVICE_SENT, /* a CON that is not acknowledged, or a NON */
    DEVICE_ACKNOWLEDGED
};

struct device {
    struct timer_node timer; /* the driver's: device_begin() and others say when */
    struct list_node idle;   /* the driver's */
    uint64_t since;          /* nanoseconds, monotonic: latency counts from here */
    uint64_t patience;       /* nanoseconds that the current transmission waits */
    uint32_t requests;
    uint16_t id; /* Message ID of the current or last request */
    uint16_t separate_id;
    bool separate; /* `separate_id` is that of the last CON response */
    uint8_t state; /* enum device_state */
    uint8_t retransmissions;
    uint8_t token[DEVICE_TOKEN];
};

/* What a message was. */
enum device_event {
    DEVICE_STRAY,    /* nothing that this device waits for */
    DEVICE_REPEATED, /* a response that it has already */
    DEVICE_ACKED,    /* an empty acknowledgement: the response comes separately */
    DEVICE_RESET,    /* the server rejects the request, which is over */
    DEVICE_ANSWERED  /* the request is over */
};

enum device_reply { DEVICE_SILENT, DEVICE_SENDS_ACK, DEVICE_SENDS_RST };

/* What it means: the event, and what the device has to say to it. */
struct device_reaction {
    enum device_event event;
    enum device_reply reply;
};

/* Message IDs start at random (RFC 7252 §4.4). */
void device_init(struct device *d, struct random_source *random);

/* Opens an exchange with a new Message ID and a new token. The device must be idle. It waits
 * `patience` from now: draw it for a CON, DEVICE_PATIENCE for a NON. */
void device_begin(struct device *d, struct random_source *random, bool confirmable, uint64_t since);

/* `patience` is over. True: send the same message again and wait `patience`, which has doubled.
 * False: it is given up and the device is idle. */
bool device_expire(struct device *d, bool confirmable);

/* A message to this device. The exchange may be over by it, and then the device is idle. */
struct device_reaction device_receive(struct device *d, const struct coap_message *m);

/* The same where the server is a bare echo: an answer is what has our Message ID and token. */
struct device_reaction device_receive_echo(struct device *d, const struct coap_message *m);

/* Header and token of its current request. */
void device_write_header(const struct device *d, struct writer *w, bool confirmable);

#endif
