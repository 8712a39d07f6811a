#include "storage/redis/link.h"

#include <stdio.h>
#include <stdlib.h>

static void on_ready(uv_poll_t *poll, int status, int events);

static void poll_for(struct redis_link *l, int events)
{
    if (events == l->events)
        return;
    l->events = events;
    uv_poll_start(&l->poll, events, on_ready);
}

/* hiredis's hooks. It always wants to read. */
static void add_read(void *context)
{
    struct redis_link *l = context;

    poll_for(l, l->events | UV_READABLE);
}

/* It wants to write: because the socket did not take everything, or because something was sent. */
static void add_write(void *context)
{
    struct redis_link *l = context;

    l->unsent = true;
    if (l->writing)
        poll_for(l, l->events | UV_WRITABLE);
}

static void delete_write(void *context)
{
    struct redis_link *l = context;

    l->unsent = false;
    poll_for(l, UV_READABLE);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

const char *redis_link_error(const struct redis_link *l)
{
    const char *error = l->context->c.errstr;

    if (l->place.guard.refused)
        return "an answer that makes no sense";
    return *error ? error : "the connection was closed";
}

/* The connection is gone, and its descriptor will be right after this. */
static void clean_up(void *context)
{
    struct redis_link *l = context;
    char reason[REDIS_REASON_MAX];

    snprintf(reason, sizeof(reason), "%s", redis_link_error(l));
    l->context = NULL;
    l->unsent = false;
    uv_close((uv_handle_t *)&l->poll, on_closed);
    if (l->owner)
        l->ops->lost(l->owner, reason);
}

static void attach(struct redis_link *l)
{
    redisAsyncContext *c = l->context;

    c->data = l;
    c->ev.data = l;
    c->ev.addRead = add_read;
    c->ev.addWrite = add_write;
    c->ev.delWrite = delete_write;
    c->ev.cleanup = clean_up;
}

static void write_out(struct redis_link *l)
{
    l->writing = true;
    redisAsyncHandleWrite(l->context);
    l->writing = false;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct redis_link *l = poll->data;
    void *owner = l->owner;
    const struct redis_link_ops *ops = l->ops;

    ops->wake(owner);
    if (status < 0 || events & UV_READABLE) /* on an error, reading tells which */
        redisAsyncHandleRead(l->context);
    if (l->context && events & UV_WRITABLE)
        write_out(l);
    ops->rest(owner);
}

const char *redis_link_open(struct redis_link **link, uv_loop_t *loop, const struct redis_url *url,
                            const char *host, bool subscriber, const struct redis_link_ops *ops,
                            void *owner, char reason[REDIS_REASON_MAX])
{
    struct redis_link *l = calloc(1, sizeof(*l));
    redisAsyncContext *c =
        host ? redisAsyncConnect(host, url->port) : redisAsyncConnectUnix(url->path);

    snprintf(reason, REDIS_REASON_MAX, "%s", c && c->err ? c->errstr : "out of memory");
    if (!l || !c || c->err || uv_poll_init(loop, &l->poll, c->c.fd) != 0) {
        if (c)
            redisAsyncFree(c);
        free(l);
        return reason;
    }
    l->poll.data = l;
    l->context = c;
    l->ops = ops;
    l->owner = owner;
    attach(l);
    if (!subscriber)
        reply_place_attach(&l->place, c->c.reader);
    reply_guard_attach(&l->place.guard, c);
    poll_for(l, UV_READABLE | UV_WRITABLE); /* writable is when it is connected */
    *link = l;
    return NULL;
}

void redis_link_close(struct redis_link *l)
{
    if (!l)
        return;
    l->owner = NULL;
    if (l->context)
        redisAsyncFree(l->context);
}

/* hiredis (0.14) looks for the channels of a subscription up to a NUL, whatever length it is told.
 */
void redis_link_send(struct redis_link *l, redisCallbackFn *done, void *context,
                     struct redis_command *command)
{
    writer_terminate(&command->w);
    redisAsyncFormattedCommand(l->context, done, context, (const char *)command->bytes,
                               writer_length(&command->w));
}

void redis_link_flush(struct redis_link *l)
{
    if (l->context && l->unsent && !(l->events & UV_WRITABLE))
        write_out(l);
}
