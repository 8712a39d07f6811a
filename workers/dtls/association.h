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

struct association {
    struct list_node in_source; /* first: the slab writes over it, and `id` tells who is in use */
    uint64_t id;                /* random, new with each handshake; 0: not in use */
    struct list_node in_ids;
    struct list_node in_age; /* of the handshakes, or of the living ones */
    struct datagram_path path;
    uint64_t last_used; /* nanoseconds, monotonic */
    uint64_t newest;    /* epoch and sequence number of the newest record that decrypted */
    uint64_t key_epoch; /* of the keys that it was made with: struct dtls_psk */
    uint64_t hello;     /* hash of the ClientHello's random number */
    struct dtls *dtls;  /* whose table it is in */
    struct session *session;
    struct handshake *handshake; /* NULL once it is through */
    struct frozen *frozen;       /* the session, when it sleeps: then there is no other */
    struct filter filter;
    uint32_t allowance;  /* bytes that may be sent before the address is proved (RFC 9146 §6) */
    uint16_t generation; /* of the slot */
    bool resting;        /* in the list of those that were not used for a while */
    char identity[PSK_IDENTITY_ROOM]; /* proved, once the handshake is through */
};

static inline bool association_is_living(const struct association *a)
{
    return a->handshake == NULL;
}

#endif
