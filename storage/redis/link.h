/*
 * One connection to Redis: hiredis's asynchronous context on a libuv loop. What is sent waits until
 * the link is flushed, so that a batch is one write(2), and the socket is polled for writing only
 * when it does not take everything. The loop's thread.
 *
 * hiredis ends a connection that breaks by itself, in the midst of any call: each command that was
 * not answered gets its callback with a NULL reply, and then the link says that it is lost.
 */
#ifndef SIMGATE_STORAGE_REDIS_LINK_H
#define SIMGATE_STORAGE_REDIS_LINK_H

#include "storage/redis/command.h"
#include "storage/redis/reply.h"
#include "storage/redis/url.h"

#include <hiredis/async.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* Called on the loop's thread, with the owner. */
struct redis_link_ops {
    void (*wake)(void *owner); /* before what the socket's readiness brings, and after it */
    void (*rest)(void *owner);
    void (*lost)(void *owner, const char *reason); /* not when it was closed */
};

struct redis_link {
    uv_poll_t poll;
    redisAsyncContext *context; /* NULL when the connection is gone */
    const struct redis_link_ops *ops;
    void *owner; /* NULL when it was closed */
    int events;  /* that are polled for */
    bool writing;
    bool unsent; /* there is something to flush */
    struct reply_place place;
};

/*
 * Connects to a numeric address or, where `host` is NULL, to the socket of `url`. A connection for
 * subscriptions needs replies that hiredis built itself: `subscriber`. Returns NULL or, where it
 * failed at once, why, as a text that lives in `reason`.
 */
#define REDIS_REASON_MAX 160

const char *redis_link_open(struct redis_link **link, uv_loop_t *loop, const struct redis_url *url,
                            const char *host, bool subscriber, const struct redis_link_ops *ops,
                            void *owner, char reason[REDIS_REASON_MAX]);

/* Ends the connection: callbacks get their NULL replies now or, from within one, after it. The
 * memory goes when the loop has run once more. NULL is accepted. */
void redis_link_close(struct redis_link *l);

/* Sends a command. `done` may be NULL. */
void redis_link_send(struct redis_link *l, redisCallbackFn *done, void *context,
                     struct redis_command *command);

/* What is wrong with a connection that breaks, from within its callbacks. */
const char *redis_link_error(const struct redis_link *l);

/* Writes what the socket takes. The connection may be gone after it. */
void redis_link_flush(struct redis_link *l);

#endif
