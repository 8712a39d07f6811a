#include "publisher/stdout_sink.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/writer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_LINES 64

struct stdout_sink {
    struct sink sink;
    /* what is being written; a copy, since the publications go back when the write never ends */
    struct publication *publications[BATCH_LINES];
    unsigned lines;
    char *bytes;
    size_t capacity;
};

static struct stdout_sink *stdout_of(struct sink *sink)
{
    return container_of(sink, struct stdout_sink, sink);
}

static size_t line_length(const struct publication *publication)
{
    return strlen(publication->topic) + 1 + publication->payload_length + 1;
}

static void fill(struct stdout_sink *s)
{
    uint64_t now = clock_now();
    struct publication *publication;

    s->lines = 0;
    while (s->lines < BATCH_LINES && (publication = sink_next(&s->sink))) {
        if (publication->deadline <= now)
            sink_return(&s->sink, publication, PUBLISH_WITHDRAWN);
        else
            s->publications[s->lines++] = publication;
    }
}

static int reserve(struct stdout_sink *s, size_t length)
{
    char *bytes = length > s->capacity ? realloc(s->bytes, length) : s->bytes;

    if (!bytes)
        return -ENOMEM;
    if (length > s->capacity)
        s->capacity = length;
    s->bytes = bytes;
    return 0;
}

static int format(struct stdout_sink *s, size_t *length)
{
    struct writer w;

    *length = 0;
    for (unsigned i = 0; i < s->lines; i++)
        *length += line_length(s->publications[i]);
    if (reserve(s, *length))
        return -ENOMEM;
    w = writer_over(s->bytes, *length);
    for (unsigned i = 0; i < s->lines; i++) {
        writer_text(&w, s->publications[i]->topic);
        writer_u8(&w, ' ');
        writer_bytes(&w, s->publications[i]->payload, s->publications[i]->payload_length);
        writer_u8(&w, '\n');
    }
    return 0;
}

/* Returns 0 or -errno. */
static int write_all(const char *bytes, size_t length)
{
    struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};

    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);

        if (written < 0 && errno == EAGAIN)
            poll(&room, 1, -1);
        else if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

static int write_batch(struct stdout_sink *s)
{
    size_t length;
    int error = format(s, &length);

    if (error)
        return error;
    sink_block(&s->sink);
    error = write_all(s->bytes, length);
    sink_unblock(&s->sink);
    return error;
}

static void give_back(struct stdout_sink *s, enum publish_result result)
{
    for (unsigned i = 0; i < s->lines; i++)
        sink_return(&s->sink, s->publications[i], result);
    s->lines = 0;
    sink_deliver(&s->sink);
}

static void set_up(struct sink *sink, bool up)
{
    atomic_store(&sink->up, up);
    counter_set(&sink->counters[PUBLISHER_CONNECTIONS_UP], up);
}

static void start(struct sink *sink)
{
    set_up(sink, true);
}

static void pump(struct sink *sink)
{
    struct stdout_sink *s = stdout_of(sink);

    while (atomic_load(&sink->up) && (fill(s), s->lines > 0)) {
        int error = write_batch(s);

        if (error) { /* for good: nobody reads it any more, or its disk is full */
            set_up(sink, false);
            log_error(sink->settings.log, "standard output: %s", strerror(-error));
        }
        give_back(s, error ? PUBLISH_UNREACHABLE : PUBLISH_ACKNOWLEDGED);
    }
    if (!atomic_load(&sink->up))
        sink_reject(sink, PUBLISH_UNREACHABLE);
}

static void end(struct sink *sink)
{
    pump(sink);
    set_up(sink, false);
}

static void surrender(struct sink *sink)
{
    give_back(stdout_of(sink), PUBLISH_UNANSWERED);
}

static void close_stdout(struct sink *sink)
{
    struct stdout_sink *s = stdout_of(sink);

    if (!sink_deinit(sink))
        return;
    free(s->bytes);
    free(s);
}

static const struct sink_ops stdout_ops = {
    .start = start,
    .pump = pump,
    .end = end,
    .surrender = surrender,
    .close = close_stdout,
};

int stdout_sink_open(struct sink **sink, const struct sink_settings *common)
{
    struct stdout_sink *s = aligned_alloc(RING_CACHE_LINE, sizeof(*s));
    int error;

    if (!s)
        return -ENOMEM;
    *s = (struct stdout_sink){.lines = 0};
    error = sink_init(&s->sink, &stdout_ops, common, BATCH_LINES);
    if (error)
        close_stdout(&s->sink);
    else
        *sink = &s->sink;
    return error;
}
