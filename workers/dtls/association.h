/*
 * An association: what a client and the gateway share from a verified ClientHello to its end. A
 * connection id names a slot of the table and a generation of it, so it is found without a search.
 * One thread. It belongs to the table; others read it during a call and remember its `id`.
 */
#ifndef SIMGATE_WORKERS_DTLS_ASSOCIATION_H
#define SIMGATE_WORKERS_DTLS_ASSOCIATION_H

#include "base/datagram.h"
#include "base/list.h"
#include "workers/dtls/filter.h"
#include "workers/dtls/session.h"

/* The address is proved: nothing limits what is sent to it. */
#define ALLOWANCE_UNLIMITED UINT32_MAX

struct dtls;
struct frozen;
struct handshake;

/* Those that sleep are a great many, and this is more than half of what they take. */
struct association {
    /* First: the slab writes over these two, and `id` tells who is in use. */
    uint32_t next_in_source;     /* slots' indices plus one, or 0 */
    uint32_t next_in_ids;        /* likewise */
    uint64_t id;                 /* random, new with each handshake; 0: not in use */
    struct handshake *handshake; /* NULL once it is through */
    uint64_t last_used;          /* nanoseconds, monotonic */
    struct datagram_path path;
    uint32_t allowance; /* bytes that may be sent before the address is proved (RFC 9146 §6) */
    struct session *session;
    struct frozen *frozen; /* the session, when it sleeps: then there is no other */
    struct filter filter;
    uint64_t newest;         /* epoch and sequence number of the newest record that decrypted */
    struct list_node in_age; /* of the handshakes, or of the living ones */
    uint64_t key_epoch;      /* of the keys that it was made with: struct dtls_psk */
    char identity[PSK_IDENTITY_ROOM]; /* proved, once the handshake is through */
    struct dtls *dtls;                /* whose table it is in */
    uint64_t hello;                   /* hash of the ClientHello's random number */
    uint16_t generation;              /* of the slot */
    bool resting;                     /* in the list of those that were not used for a while */
};

static inline bool association_is_living(const struct association *a)
{
    return a->handshake == NULL;
}

#endif
