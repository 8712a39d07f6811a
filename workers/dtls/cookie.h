/*
 * The stateless half of a handshake (RFC 6347 §4.2.1): a ClientHello without a good cookie is
 * answered with a HelloVerifyRequest by a session that serves all strangers and is as good as new
 * afterwards, so that a forged address costs no memory. Nothing is sent that is longer than what
 * came. The secret is replaced from time to time; the one before it stays good for one more period,
 * for which there is a second session.
 *
 * One thread. When a cookie is good, the session becomes the association's, by `verified`.
 */
#ifndef SIMGATE_WORKERS_DTLS_COOKIE_H
#define SIMGATE_WORKERS_DTLS_COOKIE_H

#include "workers/dtls/record.h"
#include "workers/dtls/session.h"

#define COOKIE_ANSWER_ROOM 128 /* bytes: a HelloVerifyRequest has 60 */

enum cookie_result {
    COOKIE_DROPPED,  /* no answer: it is none of ours to give */
    COOKIE_ANSWERED, /* `answer` is to be sent */
    COOKIE_GOOD,     /* `verified` had the session */
};

struct cookies {
    struct session_context *context; /* borrowed */
    struct session *scratch[2];      /* of the secret, and of the one before; or NULL */
    uint8_t secrets[2][SESSION_COOKIE_SECRET];
    uint64_t life;    /* nanoseconds of a secret */
    uint64_t expires; /* when the secret is to be replaced */
    /* Takes the session over by session_set_owner(), or returns false. */
    bool (*verified)(void *owner, struct session *s);
    void *owner;
    bool good;                      /* the session was taken over */
    enum session_progress progress; /* of a session that was taken over */
    size_t answer_length;
    uint8_t answer[COOKIE_ANSWER_ROOM];
};

/* Returns 0 or -errno. */
int cookies_init(struct cookies *c, struct session_context *context, uint64_t life,
                 bool (*verified)(void *owner, struct session *s), void *owner);

void cookies_deinit(struct cookies *c);

/* A datagram that is one ClientHello came from `peer`. */
enum cookie_result cookies_check(struct cookies *c, uint64_t now, const struct net_address *peer,
                                 const struct client_hello *hello, const struct record *r);

#endif
