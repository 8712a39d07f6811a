#include "storage/redis/session.h"

#include "base/clock.h"
#include "storage/redis/question.h"
#include "storage/redis/setup.h"
#include "storage/redis/tracking.h"

#include <stdlib.h>

#define BACK_OFF_MIN (100 * CLOCK_MILLISECOND)
#define BACK_OFF_MAX (5 * CLOCK_SECOND)
#define SETTLED      CLOCK_SECOND /* a pair that was up so long is no failed attempt */

_Static_assert(BACK_OFF_MAX / 2 < UINT32_MAX, "random_below() takes half of it");

static void on_timer(uv_timer_t *timer);

static void arm(struct redis_session *s, uint64_t wait)
{
    uv_update_time(s->loop);
    uv_timer_start(&s->timer, on_timer, (wait + CLOCK_MILLISECOND - 1) / CLOCK_MILLISECOND, 0);
}

void redis_session_wake(struct redis_session *s)
{
    s->in_batch = s->phase == SESSION_UP; /* otherwise there is nothing to tell */
    if (s->in_batch)
        s->observer.begin(s->observer.context);
}

void redis_session_rest(struct redis_session *s)
{
    if (s->in_batch)
        s->observer.end(s->observer.context);
    s->in_batch = false;
}

static void wake(void *owner)
{
    redis_session_wake(owner);
}

static void rest(void *owner)
{
    redis_session_rest(owner);
}

static void on_lost(void *owner, const char *reason)
{
    redis_session_lose(owner, STORE_UNREACHABLE, reason);
}

const struct redis_link_ops redis_session_link_ops = {.wake = wake, .rest = rest, .lost = on_lost};

/* Closes both; what was in flight is answered meanwhile. */
static void close_pair(struct redis_session *s)
{
    struct redis_link *data = s->data, *subscriber = s->subscriber;

    s->data = s->subscriber = NULL;
    redis_link_close(data);
    redis_link_close(subscriber);
}

/* How long until the next attempt: twice as long as before, and a little at random, so that the
 * workers of many gateways do not come all at once. */
static uint64_t next_wait(struct redis_session *s, bool was_up)
{
    uint64_t wait;

    if (was_up && clock_now() - s->up_since >= SETTLED)
        s->back_off = BACK_OFF_MIN;
    wait = s->back_off / 2 + random_below(&s->random, (uint32_t)(s->back_off / 2) + 1);
    s->back_off = s->back_off * 2 < BACK_OFF_MAX ? s->back_off * 2 : BACK_OFF_MAX;
    return wait;
}

void redis_session_lose(struct redis_session *s, enum store_result result, const char *reason)
{
    bool was_up = s->phase == SESSION_UP;
    uint64_t wait;

    if (s->phase == SESSION_WAITING || s->phase == SESSION_CLOSED)
        return;
    s->phase = SESSION_WAITING;
    s->loss = result;
    wait = next_wait(s, was_up);
    redis_store_note_lost(s->store, s, reason, wait);
    if (was_up) {
        counter_add(&s->counters[STORE_DISCONNECTS], 1);
        counter_set(&s->counters[STORE_SESSIONS_UP], 0);
        counter_add(&s->counters[STORE_DOUBTS], 1);
        s->observer.doubtful(s->observer.context);
    }
    close_pair(s);
    arm(s, wait);
}

void redis_session_come_up(struct redis_session *s)
{
    s->phase = SESSION_UP;
    s->up_since = clock_now();
    s->overdue = false;
    counter_add(&s->counters[STORE_CONNECTS], 1);
    counter_set(&s->counters[STORE_SESSIONS_UP], 1);
    redis_store_note_up(s->store, s);
    redis_session_wake(s); /* again: from now on there may be something to tell */
    arm(s, s->store->settings.timeout);
}

static uint64_t oldest_wait(const struct redis_session *s)
{
    uint64_t oldest = question_oldest(s);

    return s->subscriber_asked && s->subscriber_asked < oldest ? s->subscriber_asked : oldest;
}

/* Both connections have something to answer at any time, so that none goes silent unnoticed. */
static void probe(struct redis_session *s)
{
    question_probe(s);
    redis_link_flush(s->data);
    if (s->phase != SESSION_UP || s->subscriber_asked)
        return;
    tracking_subscribe(s);
    redis_link_flush(s->subscriber);
}

/* Looks whether an answer is overdue. It may also have come while this thread did not run: so the
 * socket is read once more before that counts. */
static void check(struct redis_session *s)
{
    uint64_t timeout = s->store->settings.timeout, now = clock_now();
    bool overdue = now >= oldest_wait(s) && now - oldest_wait(s) >= timeout;

    if (overdue && s->overdue) {
        redis_session_lose(s, STORE_TIMED_OUT, "no answer in time");
        return;
    }
    s->overdue = overdue;
    if (overdue) {
        arm(s, CLOCK_MILLISECOND);
        return;
    }
    probe(s);
    if (s->phase == SESSION_UP)
        arm(s, oldest_wait(s) + timeout - now);
}

static void start(struct redis_session *s)
{
    arm(s, s->store->settings.timeout);
    setup_start(s);
}

static void on_timer(uv_timer_t *timer)
{
    struct redis_session *s = timer->data;

    redis_session_wake(s);
    if (s->phase == SESSION_WAITING)
        start(s);
    else if (s->phase == SESSION_UP)
        check(s);
    else
        redis_session_lose(s, STORE_TIMED_OUT, "no connection in time");
    redis_session_rest(s);
}

struct store_session *redis_session_open(struct store *store, uv_loop_t *loop,
                                         const struct store_observer *observer)
{
    struct redis_store *r = (struct redis_store *)store;
    struct redis_session *s = calloc(1, sizeof(*s));
    uint32_t capacity = question_capacity(r->settings.max_in_flight);

    if (!s || slab_init(&s->questions, sizeof(struct question), capacity) != 0 ||
        random_source_init(&s->random) != 0 || uv_timer_init(loop, &s->timer) != 0) {
        if (s)
            slab_deinit(&s->questions);
        free(s);
        return NULL;
    }
    s->session.ops = store->ops;
    s->store = r;
    s->loop = loop;
    s->observer = *observer;
    s->back_off = BACK_OFF_MIN;
    s->open_handles = 1;
    s->timer.data = s;
    list_init(&s->in_flight);
    redis_store_add(r, s);
    arm(s, 0); /* when the loop runs */
    return &s->session;
}

void redis_session_release(struct redis_session *s)
{
    if (--s->open_handles > 0)
        return;
    slab_deinit(&s->questions);
    free(s);
}

static void on_timer_closed(uv_handle_t *timer)
{
    redis_session_release(timer->data);
}

void redis_session_close(struct store_session *session)
{
    struct redis_session *s = (struct redis_session *)session;

    s->phase = SESSION_CLOSED;
    s->loss = STORE_CLOSING;
    if (s->data)
        redis_link_flush(s->data);
    close_pair(s);
    redis_store_remove(s->store, s);
    if (s->resolving)
        uv_cancel((uv_req_t *)&s->resolver);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

void redis_session_flush(struct store_session *session)
{
    struct redis_session *s = (struct redis_session *)session;

    if (s->data)
        redis_link_flush(s->data);
}
