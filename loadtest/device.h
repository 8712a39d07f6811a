/*
 * One simulated device as a CoAP client: its Message IDs, its one open exchange (NSTART = 1, RFC
 * 7252 §4.7) and what a received message means to it. Where a device may have more open exchanges,
 * it has as many of these, which share its address: Message IDs and tokens tell them apart. No I/O
 * and no clock; one thread.
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
    uint64_t patience;       /* nanoseconds that the current transmission waits */
    uint32_t requests;
    uint16_t id; /* Message ID of the current or last request */
    uint16_t separate_id;
    uint8_t token[DEVICE_TOKEN];
    uint8_t stride, slot; /* Message IDs are `slot` modulo `stride`, a power of two */
    bool separate;        /* `separate_id` is that of the last CON response */
    bool gave_up;         /* on the last request */
    uint8_t state;        /* enum device_state */
    uint8_t retransmissions;

    /* of the operation that it is in: operation.c */
    uint8_t step;   /* enum results_step */
    uint8_t socket; /* which of the sockets is its port */
    bool moved;     /* it has its second address */
    uint32_t messages;
    uint64_t since;      /* nanoseconds, monotonic: the operation's latency counts from here */
    uint64_t step_since; /* and its step's */
};

/* What a message was. */
enum device_event {
    DEVICE_STRAY,    /* nothing that this device waits for */
    DEVICE_REPEATED, /* a response that it has already */
    DEVICE_LATE,     /* the response to the request that it has given up */
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

/* Number `slot` of `stride` that share an address. Message IDs start at random (RFC 7252 §4.4). */
void device_init(struct device *d, struct random_source *random, uint8_t slot, uint8_t stride);

/* Which of `stride` a message is for: acknowledgements and resets go by the Message ID, responses
 * by the token. */
static inline uint8_t device_slot(const struct coap_message *m, uint8_t stride)
{
    bool by_id = m->type == COAP_ACK || m->type == COAP_RST;

    return (uint8_t)((by_id ? m->id : m->token.bytes[0]) & (stride - 1));
}

/* Opens an exchange with a new Message ID and a new token. The device must be idle. It waits
 * `patience` from now. */
void device_begin(struct device *d, struct random_source *random, bool confirmable);

/* `patience` is over. True: send the same message again and wait `patience`, which has doubled.
 * False: it is given up and the device is idle. */
bool device_expire(struct device *d, bool confirmable);

/* A message to this device. The exchange may be over by it, and then the device is idle. */
struct device_reaction device_receive(struct device *d, const struct coap_message *m);

/* The same where the server is a bare echo: an answer is what has our Message ID and token. */
struct device_reaction device_receive_echo(struct device *d, const struct coap_message *m);

/* Header and token of its current request. */
void device_write_header(const struct device *d, struct writer *w, enum coap_type type,
                         enum coap_code code);

#endif
