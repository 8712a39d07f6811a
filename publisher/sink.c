#include "publisher/sink.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* How often sink_join() looks whether the thread has ended. */
#define JOIN_STEP (1 * CLOCK_MILLISECOND)

static void on_wake(uv_async_t *wake)
{
    struct sink *sink = wake->data;

    if (atomic_load(&sink->stopping)) {
        sink->ops->end(sink);
        sink_deliver(sink);
        uv_stop(&sink->loop);
        return;
    }
    sink->ops->pump(sink);
    sink_deliver(sink);
}

static int channels_init(struct sink *sink, uint32_t held)
{
    unsigned lanes = sink->settings.lanes;
    uint32_t share = (sink->settings.queue + lanes - 1) / lanes;

    sink->channels = aligned_alloc(RING_CACHE_LINE, lanes * sizeof(*sink->channels));
    if (!sink->channels)
        return -ENOMEM;
    for (unsigned i = 0; i < lanes; i++)
        sink->channels[i] = (struct channel){.submitted = 0};
    for (unsigned i = 0; i < lanes; i++) {
        struct channel *channel = &sink->channels[i];

        if (ring_init(&channel->out, share))
            return -ENOMEM;
        if (ring_init(&channel->back, channel->out.mask + 1 + held))
            return -ENOMEM;
    }
    return 0;
}

int sink_init(struct sink *sink, const struct sink_ops *ops, const struct sink_settings *settings,
              uint32_t held)
{
    int error;

    *sink = (struct sink){.ops = ops, .settings = *settings};
    error = uv_loop_init(&sink->loop);
    if (error) {
        sink->loop.data = NULL;
        return error;
    }
    sink->loop.data = sink; /* tells sink_deinit() that there is a loop */
    error = uv_async_init(&sink->loop, &sink->wake, on_wake);
    sink->wake.data = sink;
    return error ? error : channels_init(sink, held);
}

static void *sink_main(void *context)
{
    struct sink *sink = context;

    sink->ops->start(sink);
    sink_deliver(sink);
    uv_run(&sink->loop, UV_RUN_DEFAULT);
    return NULL;
}

int sink_start(struct sink *sink)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&sink->thread, NULL, sink_main, sink);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sink->started = error == 0;
    return -error;
}

void sink_ask_to_end(struct sink *sink)
{
    atomic_store(&sink->stopping, true);
    uv_async_send(&sink->wake);
}

/* Waits for the thread, or marks it as abandoned where it blocks at the deadline. */
static void join_or_abandon(struct sink *sink, uint64_t deadline)
{
    while (pthread_tryjoin_np(sink->thread, NULL) != 0) {
        int blocked = SINK_BLOCKED;

        if (clock_now() >= deadline &&
            atomic_compare_exchange_strong(&sink->phase, &blocked, SINK_ABANDONED)) {
            pthread_detach(sink->thread);
            log_warning(sink->settings.log, "a publisher thread is stuck and was left alone");
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = JOIN_STEP}, NULL);
    }
}

void sink_join(struct sink *sink, uint64_t deadline)
{
    if (!sink->started)
        return;
    join_or_abandon(sink, deadline);
    sink->started = false;
    atomic_store(&sink->up, false);
    sink->ops->surrender(sink);
    sink_deliver(sink);
    atomic_store_explicit(&sink->ended, true, memory_order_release);
    for (unsigned i = 0; i < sink->settings.lanes; i++)
        sink->settings.wake(sink->settings.wake_context, i);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

bool sink_deinit(struct sink *sink)
{
    bool abandoned = atomic_load(&sink->phase) == SINK_ABANDONED;

    for (unsigned i = 0; sink->channels && i < sink->settings.lanes; i++) {
        ring_deinit(&sink->channels[i].out);
        ring_deinit(&sink->channels[i].back);
    }
    free(sink->channels);
    if (abandoned || !sink->loop.data)
        return !abandoned;
    uv_walk(&sink->loop, close_handle, NULL);
    uv_run(&sink->loop, UV_RUN_DEFAULT);
    uv_loop_close(&sink->loop);
    return true;
}

void sink_block(struct sink *sink)
{
    atomic_store(&sink->phase, SINK_BLOCKED);
}

void sink_unblock(struct sink *sink)
{
    int blocked = SINK_BLOCKED;

    if (!atomic_compare_exchange_strong(&sink->phase, &blocked, SINK_RUNNING))
        pthread_exit(NULL);
}

struct publication *sink_next(struct sink *sink)
{
    unsigned lanes = sink->settings.lanes;

    for (unsigned i = 0; i < lanes; i++) {
        struct publication *publication = ring_pop(&sink->channels[sink->turn].out);

        sink->turn = sink->turn + 1 == lanes ? 0 : sink->turn + 1;
        if (publication)
            return publication;
    }
    return NULL;
}

void sink_reject(struct sink *sink, enum publish_result result)
{
    struct publication *publication;

    while ((publication = sink_next(sink)))
        sink_return(sink, publication, result);
}

uint64_t sink_withdraw(struct sink *sink, uint64_t now)
{
    uint64_t next = CLOCK_NEVER;

    for (unsigned i = 0; i < sink->settings.lanes; i++) {
        struct ring *out = &sink->channels[i].out;
        struct publication *head;

        while ((head = ring_peek(out)) && head->deadline <= now) {
            ring_pop(out);
            sink_return(sink, head, PUBLISH_WITHDRAWN);
        }
        if (head && head->deadline < next)
            next = head->deadline;
    }
    return next;
}

void sink_return(struct sink *sink, struct publication *publication, enum publish_result result)
{
    publication->result = result;
    counter_add(&sink->counters[result], 1);
    /* never full: the lane has no more publications submitted than the ring has room for */
    ring_push(&sink->channels[publication->lane].back, publication);
}

void sink_deliver(struct sink *sink)
{
    for (unsigned i = 0; i < sink->settings.lanes; i++)
        if (ring_commit(&sink->channels[i].back))
            sink->settings.wake(sink->settings.wake_context, i);
}
