/*
 * DTLS 1.2 with pre-shared keys for the clients of one worker, without sockets, threads or clocks:
 * datagrams and `now` go in; datagrams, decrypted messages and questions come out by the handler,
 * and the next deadline by dtls_deadline().
 *
 * One thread. Associations belong to the table; the handler may read one during its call, and names
 * it by its id afterwards. dtls_send(), dtls_psk_answer() and dtls_end…() may be called from
 * handler.message(), lookup() and established(); nothing from the others.
 */
#ifndef SIMGATE_WORKERS_DTLS_DTLS_H
#define SIMGATE_WORKERS_DTLS_DTLS_H

#include "base/counter.h"
#include "base/random.h"
#include "base/timer_heap.h"
#include "workers/dtls/cookie.h"
#include "workers/dtls/key_choice.h"
#include "workers/dtls/table.h"

struct dtls_settings {
    uint32_t associations;           /* in all, handshakes included */
    uint32_t associations_of_source; /* living ones of one address */
    uint32_t handshakes;             /* in progress */
    uint32_t handshakes_of_source;   /* in progress, of one address */
    uint64_t retransmit_timeout;     /* nanoseconds; the first, doubled with each (RFC 7925 §11) */
    uint64_t handshake_timeout;      /* nanoseconds until a handshake is given up */
    uint64_t sleep_after;     /* nanoseconds until an unused one gives its memory back; 0: never */
    uint64_t idle_timeout;    /* nanoseconds until an unused association ends */
    uint64_t cookie_life;     /* nanoseconds of a cookie's secret */
    bool lookup_by_identity;  /* whose key it is says the client, not its address */
    bool connection_ids;      /* for clients that offer them */
    struct cid_prefix prefix; /* of our connection ids */
};

/* The keys of a device: the newest, and perhaps the last one that was proved. */
struct dtls_key {
    uint16_t length;
    uint8_t bytes[SESSION_KEY_ROOM];
};

struct dtls_psk {
    char identity[PSK_IDENTITY_ROOM];
    uint64_t epoch; /* the owner's, which the association keeps for it */
    uint32_t count; /* of keys: 1 or 2 */
    struct dtls_key keys[2];
};

struct dtls_handler {
    void *context;
    /* To be sent. The bytes are borrowed. */
    void (*datagram)(void *context, const struct datagram_path *path, const uint8_t *bytes,
                     size_t length);
    /* A decrypted message. The bytes are borrowed. */
    void (*message)(void *context, const struct association *a, const uint8_t *bytes,
                    size_t length);
    /* Whose keys? By the source address (`identity` NULL), or by the identity. To be answered by
     * dtls_psk_answer(), before or after this returns. */
    void (*lookup)(void *context, const struct association *a, const char *identity);
    /* The client proved that it has keys[`key`] of the answer. */
    void (*established)(void *context, const struct association *a, uint32_t key);
    /* A client of an address with one identity claims another (which may be empty). */
    void (*mismatch)(void *context, const struct association *a, const char *claimed);
    /* An authentic, newer record came from another address: may the association move there? */
    bool (*may_move)(void *context, const struct association *a, const struct datagram_path *to);
    /* The association is going away: replaced, evicted, idle, closed or broken; or its handshake
     * is (association_is_living() tells which), and its keys are not wanted any more. */
    void (*ended)(void *context, const struct association *a);
};

enum dtls_counter {
    DTLS_DROPPED_MALFORMED,
    DTLS_DROPPED_NO_ASSOCIATION,
    DTLS_DROPPED_FILTERED,
    DTLS_DROPPED_HELLO,
    DTLS_DROPPED_NO_ROOM,
    DTLS_DROPPED_UNDECRYPTED,
    DTLS_DROPPED_MOVED,
    DTLS_HELLO_VERIFY_REQUESTS,
    DTLS_HANDSHAKES_STARTED,
    DTLS_HANDSHAKES_DONE,
    DTLS_HANDSHAKES_FAILED,
    DTLS_HANDSHAKES_TIMED_OUT,
    DTLS_HANDSHAKES_EVICTED,
    DTLS_HANDSHAKES_UNAVAILABLE,
    DTLS_HANDSHAKES_BAD_FINISHED,
    DTLS_SUITE_CCM_8, /* from here on in the order of preference */
    DTLS_SUITE_CCM,
    DTLS_SUITE_GCM,
    DTLS_SUITE_CBC,
    DTLS_IDENTITY_UNKNOWN,
    DTLS_IDENTITY_MISMATCHES,
    DTLS_RETRANSMISSIONS,
    DTLS_RECORDS_IN,
    DTLS_RECORDS_OUT,
    DTLS_MOVES,
    DTLS_SEND_LIMITED,
    DTLS_ENDED_REPLACED,
    DTLS_ENDED_CLOSED,
    DTLS_ENDED_BROKEN,
    DTLS_ENDED_IDLE,
    DTLS_ENDED_EVICTED,
    DTLS_ENDED_ASKED,
    DTLS_THAWED,
    DTLS_ASSOCIATIONS,
    DTLS_ASLEEP,
    DTLS_HANDSHAKES,
    DTLS_COUNTERS
};

extern const struct counter_description dtls_counters[DTLS_COUNTERS];

struct dtls {
    struct dtls_settings settings;
    struct dtls_handler handler;
    struct random_source *random; /* borrowed */
    struct session_context *context;
    struct cookies cookies;
    struct association_table table;
    struct slab handshake_slab;
    struct slab held_slab; /* datagrams that wait for a key */
    struct timer_heap timers;
    struct key_choice key_choice;
    uint32_t frozen_count;
    uint64_t next_id;                       /* of an association; 0: not drawn yet */
    uint64_t now;                           /* of the call */
    const struct datagram_path *hello_path; /* of the ClientHello that is being looked at */
    const struct client_hello *hello;
    struct association *begun; /* by it */
    uint64_t counters[DTLS_COUNTERS];
    uint8_t plaintext[DATAGRAM_MAX];
};

/* From the main thread, as dtls_deinit() is: wolfSSL has variables of its own. `random` is
 * borrowed, and is not used for secrets. Returns 0 or -errno. */
int dtls_init(struct dtls *d, const struct dtls_settings *settings,
              const struct dtls_handler *handler, struct random_source *random);

/* Ends all associations in silence. */
void dtls_deinit(struct dtls *d);

/* A datagram came. */
void dtls_receive(struct dtls *d, uint64_t now, const struct datagram_path *path,
                  const uint8_t *bytes, size_t length);

/* Encrypts a message and sends it where the association is now. Returns 0; -ENOENT: no such living
 * association; -EMSGSIZE; -EAGAIN: its address is not proved and has had its share (RFC 9146 §6);
 * -EPROTO. */
int dtls_send(struct dtls *d, uint64_t now, uint64_t id, const uint8_t *bytes, size_t length);

/* The answer to handler.lookup(). NULL: there is no such device, or it has no key. An answer for an
 * association that has gone is ignored. */
void dtls_psk_answer(struct dtls *d, uint64_t now, uint64_t id, const struct dtls_psk *psk);

/* The same when nobody could say whose keys they are: the client is told that it is not its fault
 * (internal_error), and may come again. */
void dtls_psk_unavailable(struct dtls *d, uint64_t now, uint64_t id);

/* Ends an association with close_notify. */
void dtls_end(struct dtls *d, uint64_t now, uint64_t id);

/* When dtls_advance() is due, or CLOCK_NEVER. */
uint64_t dtls_deadline(const struct dtls *d);

/* Sends again, gives up and ends what is due. */
void dtls_advance(struct dtls *d, uint64_t now);

/* Brings gauges up to date: once a batch. */
void dtls_gather(struct dtls *d);

#endif
