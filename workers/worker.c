#include "workers/worker.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Datagrams of one inbox between two flushes, and in one go before the loop sees to other things.
 */
#define INBOX_BATCH SERVICE_BATCH
#define INBOX_TURN  512

struct worker {
    uint32_t index;
    uint32_t receivers;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t timer;
    uint64_t armed; /* what the timer is set to, or CLOCK_NEVER */
    pthread_t thread;
    bool has_loop;
    bool started;
    _Atomic bool stopping;
    _Atomic bool draining;
    _Atomic uint32_t open_exchanges;
    struct egress *egress;
    struct store_session *store;
    struct service service;
    struct service_settings settings;
    const struct log *log;
    struct worker_inbox *inboxes;
};

static void begin(struct worker *w)
{
    service_begin(&w->service, clock_now(), clock_wall_ms());
}

static void on_timer(uv_timer_t *timer);

/* Sets the timer when the next deadline is earlier than what it is set to. */
static void arm(struct worker *w, uint64_t now)
{
    uint64_t deadline = service_deadline(&w->service);
    uint64_t wait;

    if (deadline >= w->armed)
        return;
    wait = deadline > now ? (deadline - now + CLOCK_MILLISECOND - 1) / CLOCK_MILLISECOND : 0;
    uv_update_time(&w->loop);
    uv_timer_start(&w->timer, on_timer, wait, 0);
    w->armed = deadline;
}

static void end(struct worker *w)
{
    uint64_t now;

    store_session_flush(w->store);
    egress_flush(w->egress);
    now = clock_now();
    service_end(&w->service, now);
    atomic_store_explicit(&w->open_exchanges, service_open(&w->service), memory_order_relaxed);
    arm(w, now);
}

void worker_receive(struct worker *w, const struct datagram *const *batch, uint32_t count)
{
    begin(w);
    service_receive(&w->service, batch, count);
    end(w);
}

static void on_timer(uv_timer_t *timer)
{
    struct worker *w = timer->data;

    w->armed = CLOCK_NEVER;
    begin(w);
    service_advance(&w->service);
    end(w);
}

/* Takes up to INBOX_BATCH datagrams out of an inbox. */
static uint32_t take_batch(struct worker_inbox *inbox, struct datagram *batch[INBOX_BATCH])
{
    uint32_t count = 0;

    while (count < INBOX_BATCH && (batch[count] = ring_pop(&inbox->datagrams)))
        count++;
    return count;
}

/* Receives a batch of datagrams; false when the inbox is empty now. */
static bool receive_batch(struct worker *w, struct worker_inbox *inbox)
{
    struct datagram *batch[INBOX_BATCH];
    uint32_t count = take_batch(inbox, batch);

    if (count == 0)
        return false;
    worker_receive(w, (const struct datagram *const *)batch, count);
    for (uint32_t i = 0; i < count; i++)
        ring_push(&inbox->slots, batch[i]); /* there is a place for every slot */
    ring_commit(&inbox->slots);
    return count == INBOX_BATCH;
}

/* Receives what is in the inboxes, in turns; false when they are empty now. */
static bool receive_inboxes(struct worker *w)
{
    bool more = w->receivers > 0;

    for (uint32_t turn = 0; more && turn < INBOX_TURN / INBOX_BATCH; turn++) {
        more = false;
        for (uint32_t i = 0; i < w->receivers; i++)
            more |= receive_batch(w, &w->inboxes[i]);
    }
    return more;
}

static void on_wake(uv_async_t *wake)
{
    struct worker *w = wake->data;

    if (atomic_load(&w->stopping)) {
        uv_stop(&w->loop); /* the handles stay: the publisher may still call worker_wake() */
        return;
    }
    w->service.draining = atomic_load_explicit(&w->draining, memory_order_relaxed);
    begin(w);
    service_collect(&w->service);
    end(w);
    if (receive_inboxes(w))
        uv_async_send(&w->wake);
}

static int open_inboxes(struct worker *w, const struct worker_settings *settings)
{
    int error = 0;

    w->receivers = settings->receivers;
    if (w->receivers == 0)
        return 0;
    w->inboxes = aligned_alloc(RING_CACHE_LINE, w->receivers * sizeof(*w->inboxes));
    if (!w->inboxes)
        return -ENOMEM;
    for (uint32_t i = 0; i < w->receivers; i++) {
        error |= ring_init(&w->inboxes[i].datagrams, settings->inbox);
        error |= ring_init(&w->inboxes[i].slots, settings->slots);
    }
    return error ? -ENOMEM : 0;
}

static int open_loop(struct worker *w)
{
    int error = uv_loop_init(&w->loop);

    w->has_loop = error == 0;
    if (!error)
        error = uv_async_init(&w->loop, &w->wake, on_wake);
    if (!error)
        error = uv_timer_init(&w->loop, &w->timer);
    w->wake.data = w->timer.data = w;
    w->armed = CLOCK_NEVER;
    return error;
}

static void on_store_begin(void *context)
{
    begin(context);
}

static void on_store_end(void *context)
{
    end(context);
}

static void on_address_changed(void *context, const uint8_t ip[16])
{
    struct worker *w = context;

    service_forget_address(&w->service, ip);
}

static void on_device_changed(void *context, const char *iccid)
{
    struct worker *w = context;

    service_forget_device(&w->service, iccid);
}

static void on_templates_changed(void *context)
{
    struct worker *w = context;

    service_doubt_templates(&w->service);
}

static void on_doubtful(void *context)
{
    struct worker *w = context;

    service_doubt(&w->service);
}

int worker_open(struct worker **worker, uint32_t index, const struct worker_settings *settings,
                struct store *store, const struct log *log)
{
    struct worker *w = calloc(1, sizeof(*w));
    struct store_observer observer = {.context = w,
                                      .begin = on_store_begin,
                                      .end = on_store_end,
                                      .address_changed = on_address_changed,
                                      .device_changed = on_device_changed,
                                      .templates_changed = on_templates_changed,
                                      .doubtful = on_doubtful};
    int error;

    if (!w)
        return -ENOMEM;
    *worker = w;
    w->index = index;
    w->log = log;
    w->settings = settings->service;
    error = open_loop(w);
    if (error)
        return error;
    w->egress = egress_open(settings->sockets, settings->socket_count);
    w->store = store_session_open(store, &w->loop, &observer);
    if (!w->egress || !w->store)
        return -ENOMEM;
    return open_inboxes(w, settings);
}

int worker_attach_publisher(struct worker *w, struct publisher_lane *lane)
{
    struct coap_output output = egress_output(w->egress);

    return service_init(&w->service, &w->settings, &output, w->store, lane, w->log);
}

static void *run(void *context)
{
    struct worker *w = context;

    uv_run(&w->loop, UV_RUN_DEFAULT);
    return NULL;
}

int worker_start(struct worker *w)
{
    char name[16];
    int error = -pthread_create(&w->thread, NULL, run, w);

    w->started = error == 0;
    if (w->started) {
        snprintf(name, sizeof(name), "worker %u", w->index);
        pthread_setname_np(w->thread, name);
    }
    return error;
}

void worker_stop(struct worker *w)
{
    atomic_store(&w->stopping, true);
    if (!w->started)
        return;
    uv_async_send(&w->wake);
    pthread_join(w->thread, NULL);
    w->started = false;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_loop(struct worker *w)
{
    if (!w->has_loop)
        return;
    uv_walk(&w->loop, close_handle, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    uv_loop_close(&w->loop);
}

/* Answers what the publisher gave back when it was stopped, and what the store will not answer any
 * more, while the sockets are there. */
static void answer_last(struct worker *w)
{
    if (w->service.resources.publisher) {
        begin(w);
        service_collect(&w->service);
    }
    store_session_close(w->store);
    if (w->egress)
        egress_flush(w->egress);
}

void worker_close(struct worker *w)
{
    if (!w)
        return;
    answer_last(w);
    service_deinit(&w->service);
    if (w->egress)
        egress_close(w->egress);
    for (uint32_t i = 0; w->inboxes && i < w->receivers; i++) {
        ring_deinit(&w->inboxes[i].datagrams);
        ring_deinit(&w->inboxes[i].slots);
    }
    free(w->inboxes);
    close_loop(w);
    free(w);
}

uv_loop_t *worker_loop(struct worker *w)
{
    return &w->loop;
}

struct worker_inbox *worker_inbox(struct worker *w, uint32_t receiver)
{
    return &w->inboxes[receiver];
}

void worker_wake(struct worker *w)
{
    uv_async_send(&w->wake);
}

void worker_drain(struct worker *w)
{
    atomic_store_explicit(&w->draining, true, memory_order_relaxed);
    worker_wake(w);
}

uint32_t worker_open_exchanges(const struct worker *w)
{
    return atomic_load_explicit(&w->open_exchanges, memory_order_relaxed);
}

const struct service *worker_service(const struct worker *w)
{
    return &w->service;
}

const uint64_t *worker_egress_counts(const struct worker *w)
{
    return egress_counts(w->egress);
}
