/*
 * Sessions on several threads against a real Redis whose connections are killed again and again,
 * under load: stress_redis_sessions [rounds]. Every question has to be answered, every session to
 * come back, and what is allocated must not grow from round to round. For ThreadSanitizer.
 *
 * glibc counts what its threads keep for their next allocation as allocated: so the test is started
 * with GLIBC_TUNABLES=glibc.malloc.tcache_count=0.
 */
#include "base/clock.h"
#include "base/log.h"
#include "storage/store.h"
#include "tests/unit/storage/redis_server.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#define THREADS       4
#define SESSIONS      16 /* of each thread: many pairs, since each takes its time to come back */
#define OPEN          20 /* questions of a session */
#define LIFE          (100 * CLOCK_MILLISECOND)
#define PATIENCE      (20 * CLOCK_SECOND)
#define SETTLED       (1200 * CLOCK_MILLISECOND) /* then the next loss is the first again */
#define QUIET         (100 * CLOCK_MILLISECOND)
#define GROWTH        (256 * 1024) /* bytes, by which what is allocated varies */
#define FEED_INTERVAL 5            /* milliseconds */

struct thread;

struct client {
    struct thread *thread;
    struct store_session *session;
    unsigned open;
    bool in_batch;
};

struct thread {
    pthread_t thread;
    pthread_barrier_t *open;
    struct store *store;
    uv_loop_t loop;
    uv_timer_t timer;
    struct client clients[SESSIONS];
    uint32_t number; /* of the next exchange */
    unsigned long asked, answered, failed, doubts, disorder;
    atomic_bool *ending, *quiet;
};

static void count_answer(struct client *c, enum store_result result)
{
    c->open--;
    c->thread->answered++;
    c->thread->failed += result > STORE_ABSENT;
}

static void on_device(void *context, enum store_result result, const struct device *device)
{
    count_answer(context, result);
}

static struct store_exchange_key key_of(const struct thread *t, uint32_t number)
{
    struct store_exchange_key key = {.length = 12};

    memcpy(key.bytes, &t, sizeof(t));
    memcpy(key.bytes + 8, &number, sizeof(number));
    return key;
}

static void on_reserved(void *context, enum store_result result,
                        const struct store_exchange *exchange)
{
    struct client *c = context;
    struct store_exchange_key key = key_of(c->thread, c->thread->number);

    count_answer(c, result);
    if (c->thread->number % 2)
        store_exchange_settle(c->session, &key, 0x44, 1, LIFE);
    else
        store_exchange_release(c->session, &key);
}

static void ask(struct client *c)
{
    struct thread *t = c->thread;
    uint8_t ip[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = (uint8_t)t->number};
    struct store_exchange_key key = key_of(t, ++t->number);

    c->open++;
    t->asked++;
    if (t->number % 3)
        store_exchange_reserve(c->session, &key, 1, LIFE, on_reserved, c);
    else
        store_device_by_address(c->session, ip, on_device, c);
}

/* What fails at once is asked again at the next interval. */
static void feed(struct client *c)
{
    if (!atomic_load(c->thread->ending) && !atomic_load(c->thread->quiet))
        for (unsigned i = c->open; i < OPEN; i++)
            ask(c);
    store_session_flush(c->session);
}

static void on_timer(uv_timer_t *timer)
{
    struct thread *t = timer->data;
    unsigned open = 0;

    for (unsigned i = 0; i < SESSIONS; i++) {
        feed(&t->clients[i]);
        open += t->clients[i].open;
    }
    if (atomic_load(t->ending) && open == 0)
        uv_stop(&t->loop);
}

static void on_begin(void *context)
{
    struct client *c = context;

    c->thread->disorder += c->in_batch;
    c->in_batch = true;
}

static void on_end(void *context)
{
    struct client *c = context;

    feed(c);
    c->in_batch = false;
}

static void on_address(void *context, const uint8_t ip[16])
{
    struct client *c = context;

    c->thread->disorder += !c->in_batch;
}

static void on_device_change(void *context, const char *iccid)
{
    on_address(context, NULL);
}

static void on_templates(void *context)
{
}

static void on_doubt(void *context)
{
    struct client *c = context;

    c->thread->doubts++;
}

static void open_client(struct thread *t, struct client *c)
{
    const struct store_observer observer = {
        c, on_begin, on_end, on_address, on_device_change, on_templates, on_doubt};

    c->thread = t;
    c->session = store_session_open(t->store, &t->loop, &observer);
    if (!c->session)
        abort();
}

static void *run(void *context)
{
    struct thread *t = context;

    uv_loop_init(&t->loop);
    uv_timer_init(&t->loop, &t->timer);
    t->timer.data = t;
    for (unsigned i = 0; i < SESSIONS; i++)
        open_client(t, &t->clients[i]);
    pthread_barrier_wait(t->open);
    uv_timer_start(&t->timer, on_timer, FEED_INTERVAL, FEED_INTERVAL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < SESSIONS; i++)
        store_session_close(t->clients[i].session);
    uv_close((uv_handle_t *)&t->timer, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    uv_loop_close(&t->loop);
    return NULL;
}

static uint64_t count_of(const struct store *store, enum store_counter counter)
{
    uint64_t sums[STORE_COUNTERS] = {0};

    store_count(store, sums);
    return sums[counter];
}

static size_t less(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Waits until all sessions have been up for a while; false when that takes too long. */
static bool settle(const struct store *store, struct redis_server *server)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    uint64_t deadline = clock_now() + PATIENCE, since = clock_now();

    while (clock_now() < deadline && clock_now() - since < SETTLED) {
        if (store_state(store) != STORE_UP)
            since = clock_now();
        redis_server_do(server, "SET simgate:addr:10.0.0.%d 8988280666000002864", since % 256);
        redis_server_do(server, "HSET simgate:dev:{8988280666000002864} status active");
        nanosleep(&pause, NULL);
    }
    return clock_now() < deadline;
}

/* The least that is allocated while nobody asks for anything: what is in flight is not counted. */
static size_t allocated_in_quiet(const struct store *store, atomic_bool *quiet)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    uint64_t deadline = clock_now() + PATIENCE, since = clock_now();
    size_t allocated = SIZE_MAX;

    atomic_store(quiet, true);
    while (clock_now() < deadline && clock_now() - since < QUIET) {
        if (count_of(store, STORE_IN_FLIGHT) > 0)
            since = clock_now();
        allocated = less(allocated, mallinfo2().uordblks);
        nanosleep(&pause, NULL);
    }
    atomic_store(quiet, false);
    return allocated;
}

/* At least 3 rounds, and up to twice as many while memory grows: buffers do until each has been
 * used to the full, but then it has to stop. */
static bool run_rounds(const struct store *store, struct redis_server *server, atomic_bool *quiet,
                       unsigned rounds)
{
    size_t allocated[3] = {0}; /* after each of the last rounds, the latest first */
    bool right = settle(store, server), grows = true;
    unsigned i = 0;

    for (; right && (i < rounds || (grows && i < 2 * rounds)); i++) {
        redis_server_do(server, "CLIENT KILL TYPE %s", i % 2 ? "normal" : "pubsub");
        right = settle(store, server);
        allocated[2] = allocated[1];
        allocated[1] = allocated[0];
        allocated[0] = allocated_in_quiet(store, quiet);
        grows = allocated[0] >= allocated[2] + GROWTH;
    }
    printf("%u rounds, %llu connects, %llu commands; %zu bytes allocated, two rounds before %zu\n",
           i, (unsigned long long)count_of(store, STORE_CONNECTS),
           (unsigned long long)count_of(store, STORE_COMMANDS), allocated[0], allocated[2]);
    return right && !grows &&
           count_of(store, STORE_CONNECTS) == (uint64_t)THREADS * SESSIONS * (i + 1);
}

static bool end(struct thread *t)
{
    pthread_join(t->thread, NULL);
    printf("%lu asked, %lu answered, %lu of them failed, %lu doubts\n", t->asked, t->answered,
           t->failed, t->doubts);
    return t->asked == t->answered && t->disorder == 0;
}

int main(int count, char **arguments)
{
    static struct thread threads[THREADS];
    unsigned rounds = count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 4;
    struct store_settings settings = {.username = "",
                                      .password = "",
                                      .prefix = "simgate:",
                                      .timeout = 10 * CLOCK_SECOND,
                                      .max_in_flight = 64};
    struct log log = log_to_stderr(LOG_ERROR);
    struct redis_server server;
    atomic_bool ending = false, quiet = false;
    pthread_barrier_t open;
    struct store *store;
    char *error;
    bool right = redis_server_start(&server, NULL);

    mallopt(M_ARENA_MAX, 1); /* mallinfo2() tells of the first one only */
    settings.url = server.url;
    if (!right || store_open(&store, &settings, &log, &error) != 0)
        return 1;
    pthread_barrier_init(&open, NULL, THREADS + 1);
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].open = &open;
        threads[i].store = store;
        threads[i].ending = &ending;
        threads[i].quiet = &quiet;
        pthread_create(&threads[i].thread, NULL, run, &threads[i]);
    }
    pthread_barrier_wait(&open);
    right = run_rounds(store, &server, &quiet, rounds);
    atomic_store(&ending, true);
    for (unsigned i = 0; i < THREADS; i++)
        right &= end(&threads[i]);
    right &= count_of(store, STORE_IN_FLIGHT) == 0;
    store_close(store);
    pthread_barrier_destroy(&open);
    redis_server_stop(&server);
    return right ? 0 : 1;
}
