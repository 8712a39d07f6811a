/*
 * One DTLS 1.2 server session: a thin cover of wolfSSL, which nothing else in the gateway sees.
 * Records go in one at a time; what is to be sent, and questions, come out by events, during the
 * call. One thread for a context and all its sessions. A session belongs to who opened it, and
 * calls its owner's events until session_close().
 */
#ifndef SIMGATE_WORKERS_DTLS_SESSION_H
#define SIMGATE_WORKERS_DTLS_SESSION_H

#include "base/net_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_KEY_ROOM      256 /* bytes of a pre-shared key */
#define SESSION_COOKIE_SECRET 32  /* bytes */

struct session_context; /* settings that all sessions of a worker share */
struct session;

struct session_events {
    /* Records to be sent, in one datagram. */
    void (*send)(void *owner, const uint8_t *bytes, size_t length);
    /* The ClientHello's cookie is good, and the session begins to cost memory. False: it must not.
     * A new owner may be set from here. */
    bool (*verified)(void *owner, struct session *s);
    /* The key of an identity: its length, written to `key`; 0: there is none, and the client is
     * told so. */
    size_t (*key)(void *owner, const char *identity, uint8_t key[SESSION_KEY_ROOM]);
};

enum session_progress {
    SESSION_WAITS, /* for the peer */
    SESSION_DONE,  /* the handshake is through, as far as our side can tell */
    SESSION_FAILED,
};

/* What session_read() gives besides lengths. */
#define SESSION_CLOSED (-1) /* close_notify */
#define SESSION_BROKEN (-2) /* a fatal alert, of ours or theirs */

/* One after the other, before the threads that use them: wolfSSL's own variables are written here.
 * PSK-AES128-CCM-8, -CCM, -GCM-SHA256, -CBC-SHA256, in this order whatever the client prefers.
 * NULL: no memory, or a wolfSSL without these. */
struct session_context *session_context_open(void);

/* When the threads have ended. Accepts NULL. */
void session_context_close(struct session_context *c);

/* NULL: no memory. */
struct session *session_open(struct session_context *c, const struct session_events *events,
                             void *owner, const uint8_t secret[SESSION_COOKIE_SECRET]);

/* Sends nothing. Accepts NULL. */
void session_close(struct session *s);

void session_set_owner(struct session *s, const struct session_events *events, void *owner);

/* Writes what the session needs to go on later: keys, sequence numbers, replay window, in clear.
 * Returns its length; 0: it does not fit, or this session cannot be frozen (its peer wants a
 * connection id of its own in our records). Only after a record of the peer's was read. */
size_t session_freeze(struct session *s, uint8_t *frozen, size_t room);

/* The session goes on; the connection id is what was given to session_use_cid(), or NULL. One that
 * was frozen may go on only once. NULL: no memory, or no frozen session. */
struct session *session_thaw(struct session_context *c, const struct session_events *events,
                             void *owner, const uint8_t *frozen, size_t length, const uint8_t *cid,
                             size_t cid_length);

/* What cookies are bound to. */
void session_set_peer(struct session *s, const struct net_address *peer);

/* Offers a connection id of ours to a client that offers them (RFC 9146 §3); from
 * events.verified(). False: no memory. */
bool session_use_cid(struct session *s, const uint8_t *cid, size_t length);

bool session_has_cid(const struct session *s);

/* Feeds a record while the handshake goes on. */
enum session_progress session_handshake(struct session *s, const uint8_t *record, size_t length);

/* Sends the last flight again. */
void session_retransmit(struct session *s);

/* Feeds a record after the handshake: the length of its data, 0 when there is none (a record that
 * does not decrypt is ignored), SESSION_CLOSED or SESSION_BROKEN. */
int session_read(struct session *s, const uint8_t *record, size_t length, uint8_t *data,
                 size_t room);

/* Has the processor fetch what session_read() and session_write() look at, a step at a time, each
 * of which needs what the one before it fetched. */
#define SESSION_PREFETCH_STEPS 3
void session_prefetch(const struct session *s, unsigned step);

/* Encrypts and sends. Returns 0 or -EMSGSIZE, or -EPROTO when the session is broken. */
int session_write(struct session *s, const uint8_t *data, size_t length);

/* Sends close_notify. */
void session_shutdown(struct session *s);

/* Records that did not decrypt. */
uint32_t session_undecrypted(struct session *s);

/* Whether a session that was just thawed is as it was: the only record that it had did not decrypt,
 * or had been seen before. */
bool session_is_untouched(struct session *s);

/* The cipher suite's number, 0 before one is chosen. */
uint16_t session_suite(struct session *s);

#endif
