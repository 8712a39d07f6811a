/*
 * A handshake from the verified ClientHello to the client's Finished: the look-up of the key, the
 * datagrams that wait for it, retransmission (RFC 6347 §4.2.4) and the time limit. One thread. A
 * handshake belongs to its association and goes when that is living, or fails.
 *
 * Forged datagrams do not harm it, with one exception: where keys are looked up by identity, a
 * forged ClientKeyExchange with the identity of another known device, at the right moment, makes it
 * that device's, and the client has to begin again.
 */
#ifndef SIMGATE_WORKERS_DTLS_HANDSHAKE_H
#define SIMGATE_WORKERS_DTLS_HANDSHAKE_H

#include "workers/dtls/dtls.h"

#define HANDSHAKE_HELD_MAX 8 /* datagrams of one handshake */

enum psk_state {
    PSK_NONE,   /* not asked for yet */
    PSK_ASKED,  /* what comes meanwhile is held */
    PSK_KNOWN,  /* the association's identity, and the key */
    PSK_ABSENT, /* the client will be told when it names itself */
    PSK_GONE,   /* nobody could say: the client is told at the next advance */
};

struct handshake {
    struct list held; /* first: the slab writes over it */
    struct timer_node timer;
    struct association *association;
    uint64_t retransmit; /* when the last flight is sent again, or CLOCK_NEVER */
    uint64_t timeout;    /* nanoseconds, until the next one */
    uint64_t expires;
    uint64_t sequence;    /* the highest of epoch 0 that we sent */
    uint32_t undecrypted; /* records so far */
    uint8_t held_count;
    uint8_t psk_state; /* enum psk_state */
    uint8_t refused;   /* ClientKeyExchanges with a wrong identity */
    uint8_t key_exchanges;
    uint8_t key_index;
    bool has_other_key;
    bool bad_finished;
    struct dtls_key key;
};

/* Of all associations' sessions; the owner is the association. */
extern const struct session_events association_events;

/* For cookies: the session's ClientHello (d->hello) is verified. False: there is no room. */
bool handshake_begin(void *dtls, struct session *s);

/* After handshake_begin(), when the session has been fed: asks for the key. */
void handshake_begun(struct dtls *d, struct association *a, enum session_progress progress);

/* A datagram that the filter let pass. */
void handshake_receive(struct dtls *d, struct association *a, const struct datagram_path *path,
                       const struct records *all);

void handshake_answer(struct dtls *d, struct association *a, const struct dtls_psk *psk);

/* There is no answer. */
void handshake_abandon(struct dtls *d, struct association *a);

/* Its timer has come. */
void handshake_expire(struct dtls *d, struct handshake *h);

/* Gives everything back but the association. */
void handshake_free(struct dtls *d, struct association *a);

#endif
