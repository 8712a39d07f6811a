/*
 * The message layer of a CoAP server (RFC 7252 §4 and §5.2) without sockets, threads or clocks:
 * bytes and `now` go in; messages come out by `output`, requests by `handler`, and the next
 * deadline by exchanges_deadline(). It rejects what is no message, answers duplicates, acknowledges
 * in time, and sends the response piggybacked or separately.
 *
 * One thread. An exchange belongs to the message layer; the handler may hold its pointer until it
 * has called exchange_respond(), which ends it.
 */
#ifndef SIMGATE_WORKERS_COAP_EXCHANGE_H
#define SIMGATE_WORKERS_COAP_EXCHANGE_H

#include "base/counter.h"
#include "workers/coap/dedup.h"
#include "workers/coap/output.h"
#include "workers/coap/request.h"
#include "workers/coap/response.h"
#include "workers/coap/separate.h"

enum mid_conflict {
    MID_CONFLICT_RFC, /* a used Message ID is a duplicate, whatever the bytes (RFC 7252 §4.5) */
    MID_CONFLICT_PROCESS, /* other bytes are another request */
};

struct exchange_settings {
    uint64_t ack_delay; /* nanoseconds until the empty ACK */
    struct transmission_settings transmission;
    enum mid_conflict mid_conflict;
    uint64_t dedup_memory;     /* bytes */
    uint32_t dedup_per_device; /* entries */
    uint32_t max_exchanges;    /* requests being worked on, and separate responses */
    uint32_t max_payload;      /* bytes; what Size1 says in a 4.13 */
};

/* Max-Age of a 5.03 and a 4.29 (RFC 8516 §3), in seconds. */
#define EXCHANGE_RETRY_AFTER 5

struct exchange {
    struct timer_node timer; /* the empty ACK, then the deadline */
    uint64_t received;       /* nanoseconds, monotonic */
    uint64_t acknowledge;    /* when the empty ACK is due, or CLOCK_NEVER */
    uint64_t deadline;       /* the handler's, or CLOCK_NEVER */
    struct coap_endpoint from;
    struct datagram_path path;
    enum coap_type type;
    uint16_t id;
    uint8_t code;
    uint8_t no_response; /* RFC 7967; set by the handler when it has read the options */
    uint8_t label;       /* the handler's, for its statistics */
    bool acknowledged;   /* an empty ACK went out */
    bool held;           /* the handler's: no empty ACK yet */
    bool conflicts;      /* with one that was under its Message ID: that is counted already */
    struct coap_token token;
    uint32_t block1;       /* encoded, to be echoed, or COAP_ABSENT; set by the handler */
    uint32_t request_hash; /* of everything but the type */
    uint32_t remembered;   /* deduplication entry, or DEDUP_NONE */
    struct dedup_place place;
    void *work; /* the handler's */
};

struct exchange_handler {
    void *context;
    /* A new request. To be answered by exchange_respond(), before or after this returns. */
    void (*request)(void *context, struct exchange *x, const struct coap_message *m);
    /* The deadline has come. The same. */
    void (*expired)(void *context, struct exchange *x);
    /* A used Message ID came with other bytes. */
    void (*conflict)(void *context, const struct datagram_path *path);
};

enum coap_counter {
    COAP_RECEIVED_CON,
    COAP_RECEIVED_NON,
    COAP_RECEIVED_ACK,
    COAP_RECEIVED_RST,
    COAP_DROPPED_NO_MESSAGE,
    COAP_DROPPED_MALFORMED,
    COAP_DROPPED_UNEXPECTED,
    COAP_DUPLICATES_ANSWERED,
    COAP_DUPLICATES_IN_PROGRESS,
    COAP_DUPLICATES_NON,
    COAP_MID_CONFLICTS,
    COAP_RESETS_SENT,
    COAP_EMPTY_ACKS_SENT,
    COAP_SEPARATE_RESPONSES,
    COAP_RETRANSMISSIONS,
    COAP_SEPARATE_GIVEN_UP,
    COAP_SEPARATE_NO_ROOM,
    COAP_OVERLOADED,
    COAP_DEDUP_ENTRIES,
    COAP_DEDUP_EVICTED,
    COAP_EXCHANGES,
    COAP_COUNTERS
};

extern const struct counter_description coap_counters[COAP_COUNTERS];

struct exchanges {
    struct slab slab;
    struct timer_heap timers;
    struct dedup dedup;
    struct separates separates;
    struct exchange_settings settings;
    struct coap_output output;
    struct exchange_handler handler;
    struct exchange *current; /* in the handler's request() now, unless it has ended */
    uint64_t next_sweep;
    uint64_t counters[COAP_COUNTERS];
    uint64_t responses[256]; /* sent to new requests, by code */
};

/* `random` is borrowed. Returns 0 or -errno. */
int exchanges_init(struct exchanges *e, const struct exchange_settings *settings,
                   const struct coap_output *output, const struct exchange_handler *handler,
                   struct random_source *random);

void exchanges_deinit(struct exchanges *e);

/* Where it is remembered what came, if it is. */
struct dedup_place exchanges_place(const struct exchanges *e, const struct coap_endpoint *from,
                                   const uint8_t *bytes, size_t length);

/* A datagram came, or a record was decrypted. */
void exchanges_receive(struct exchanges *e, uint64_t now, const struct coap_endpoint *from,
                       struct dedup_place place, const struct datagram_path *path,
                       const uint8_t *bytes, size_t length);

/* When exchanges_advance() is due, or CLOCK_NEVER. */
uint64_t exchanges_deadline(const struct exchanges *e);

/* Acknowledges, sends again and expires what is due. */
void exchanges_advance(struct exchanges *e, uint64_t now);

/* Remembers the request, so that its duplicates are not worked on again: after the checks and
 * before the work. False when there is no room: answer 5.03. */
bool exchange_remember(struct exchanges *e, uint64_t now, struct exchange *x);

/* Asks for handler.expired() at `deadline`; in handler.request() or handler.expired() only. */
static inline void exchange_set_deadline(struct exchange *x, uint64_t deadline)
{
    x->deadline = deadline;
}

/*
 * Answers the request and ends the exchange: piggybacked as long as no empty ACK went out,
 * separately afterwards, not at all where the device asked for none (RFC 7967). Adds the echo of
 * Block1, and the options that belong to its code. The response's payload is copied.
 */
void exchange_respond(struct exchanges *e, uint64_t now, struct exchange *x,
                      const struct coap_response *response);

/* Ends the exchange in silence; the request is not remembered. */
void exchange_discard(struct exchanges *e, struct exchange *x);

/*
 * The request may be one that another gateway has, which is then the one to answer: no empty ACK
 * goes out while an exchange is held, since a device that got one does not send again (RFC 7252
 * §4.2). It ends with exchange_release(), or by one of the three below.
 */
static inline void exchange_hold(struct exchange *x)
{
    x->held = true;
}

static inline void exchange_release(struct exchange *x)
{
    x->held = false;
}

/* Another gateway answered the request with `code`: ends the exchange as that of a duplicate, with
 * the same response to a confirmable one and silence to any other. */
void exchange_repeat(struct exchanges *e, uint64_t now, struct exchange *x, uint8_t code);

/* Another gateway is at work on the request: ends the exchange as that of a duplicate, in silence,
 * and does not remember it. */
void exchange_leave(struct exchanges *e, struct exchange *x);

/* Another gateway has a request of other bytes under the same Message ID: counts and reports it
 * once. Whether this one is to be worked on all the same, where the other was answered. */
bool exchange_conflicts(struct exchanges *e, const struct exchange *x);

/* Brings gauges, and what the parts count on their own, up to date: once a batch. */
void exchanges_gather(struct exchanges *e);

/* Exchanges and separate responses that are not through. */
static inline uint32_t exchanges_open(const struct exchanges *e)
{
    return e->slab.used + e->separates.responses.used;
}

#endif
