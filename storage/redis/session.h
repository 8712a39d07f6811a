/*
 * A worker's session: a pair of connections that live and die together. One has the questions, the
 * other hears which keys changed. When either breaks or falls silent both are closed, everything in
 * flight is answered, and after a pause they are opened again. The thread that runs the loop.
 *
 * This header is for the files of this folder: session.c has the session's life, setup.c how a pair
 * comes up, question.c what is in flight, lookup.c and exchanges.c the questions themselves, and
 * tracking.c the other connection.
 */
#ifndef SIMGATE_STORAGE_REDIS_SESSION_H
#define SIMGATE_STORAGE_REDIS_SESSION_H

#include "base/list.h"
#include "base/net_address.h"
#include "base/random.h"
#include "base/slab.h"
#include "storage/redis/changes.h"
#include "storage/redis/link.h"
#include "storage/redis/redis_store.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum session_phase {
    SESSION_WAITING, /* to try again */
    SESSION_RESOLVING,
    SESSION_SETTING_UP,
    SESSION_UP,
    SESSION_CLOSED
};

struct redis_session {
    struct store_session session;
    struct redis_store *store;
    uv_loop_t *loop;
    struct store_observer observer;
    enum session_phase phase;
    bool in_batch;          /* between the observer's begin() and end() */
    bool is_up, reached;    /* is, and was once; the store's lock */
    bool overdue;           /* an answer was, when that was last looked at */
    bool resolving;         /* the resolver is at work, maybe for an attempt that was given up */
    enum store_result loss; /* what questions in flight are answered when the pair is gone */
    unsigned open_handles;
    uv_timer_t timer;
    uv_getaddrinfo_t resolver;
    struct redis_link *data; /* NULL outside of SETTING_UP and UP, as the other one */
    struct redis_link *subscriber;
    uint64_t subscriber_id;
    char address[NET_ADDRESS_TEXT]; /* of this attempt */
    char version[16];
    uint32_t attempts; /* to connect, so far */
    uint64_t up_since;
    uint64_t back_off;         /* nanoseconds */
    uint64_t subscriber_asked; /* when its probe was sent, or 0 */
    struct slab questions;
    struct list in_flight; /* questions, the oldest first */
    uint32_t outstanding;  /* of them that count, which probes do not */
    struct changes changes;
    struct random_source random;
    struct list_node node; /* of the store's list; its lock */
    uint64_t counters[STORE_COUNTERS];
};

/* Implements store_ops. */
struct store_session *redis_session_open(struct store *store, uv_loop_t *loop,
                                         const struct store_observer *observer);
void redis_session_close(struct store_session *session);
void redis_session_flush(struct store_session *session);

/* Ends the pair, or the attempt at one. Nothing happens when that is over already. */
void redis_session_lose(struct redis_session *s, enum store_result result, const char *reason);

/* The pair is complete. */
void redis_session_come_up(struct redis_session *s);

/* Around everything that the loop brings. */
void redis_session_wake(struct redis_session *s);
void redis_session_rest(struct redis_session *s);

/* One of the session's handles is closed; its memory goes with the last. */
void redis_session_release(struct redis_session *s);

extern const struct redis_link_ops redis_session_link_ops;

#endif
