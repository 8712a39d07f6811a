/*
 * Lanes under load: several producer threads submit through one lane each to several sinks, which
 * give everything back. Nothing may be lost, come back twice, or change its order within a key. For
 * ThreadSanitizer.
 */
#include "base/clock.h"
#include "base/log.h"
#include "publisher/lane.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#define LANES        4
#define SINKS        2
#define HELD         16  /* publications that a sink keeps before it gives them back */
#define IN_FLIGHT    200 /* publications of one lane */
#define PUBLICATIONS 50000

struct holding_sink {
    struct sink sink;
    struct publication *held[HELD];
    unsigned count;
};

struct producer {
    struct publisher_lane *lane;
    sem_t woken;
    pthread_t thread;
    struct publication publications[IN_FLIGHT];
    uint64_t last[SINKS]; /* the number that came back last, by key */
    unsigned long failures;
};

static void start(struct sink *sink)
{
    atomic_store(&sink->up, true);
}

static void give_back(struct sink *sink)
{
    struct holding_sink *s = (struct holding_sink *)sink;

    for (unsigned i = 0; i < s->count; i++)
        sink_return(sink, s->held[i], PUBLISH_ACKNOWLEDGED);
    s->count = 0;
}

static void pump(struct sink *sink)
{
    struct holding_sink *s = (struct holding_sink *)sink;
    struct publication *publication;

    while ((publication = sink_next(sink))) {
        s->held[s->count++] = publication;
        if (s->count == HELD)
            give_back(sink);
    }
    give_back(sink);
}

static void end(struct sink *sink)
{
    atomic_store(&sink->up, false);
}

static const struct sink_ops ops = {
    .start = start, .pump = pump, .end = end, .surrender = give_back};

static void wake(void *context, unsigned lane)
{
    struct producer *producers = context;

    sem_post(&producers[lane].woken);
}

/* The publication's number travels in its deadline, which the test's sinks do not look at. */
static unsigned collect_all(struct producer *p, struct publication **idle, unsigned count)
{
    struct publication *publication;

    while ((publication = publisher_collect(p->lane))) {
        uint64_t *last = &p->last[publication->order_key];

        if (publication->deadline <= *last || publication->result != PUBLISH_ACKNOWLEDGED)
            p->failures++;
        *last = publication->deadline;
        idle[count++] = publication;
    }
    return count;
}

static void *produce(void *context)
{
    struct producer *p = context;
    struct publication *idle[IN_FLIGHT];
    unsigned count = 0;

    for (unsigned i = 0; i < IN_FLIGHT; i++)
        idle[count++] = &p->publications[i];
    for (uint64_t number = 1; number <= PUBLICATIONS || count < IN_FLIGHT;) {
        for (unsigned batch = 0; batch < 7 && count && number <= PUBLICATIONS; batch++, number++) {
            struct publication *publication = idle[--count];

            publication->deadline = number;
            publication->order_key = number % SINKS;
            while (publisher_submit(p->lane, publication) != PUBLISH_PENDING) {
                publisher_flush(p->lane); /* overloaded */
                count = collect_all(p, idle, count);
            }
        }
        publisher_flush(p->lane);
        if (count == 0 || number > PUBLICATIONS)
            sem_wait(&p->woken);
        count = collect_all(p, idle, count);
        if (count == IN_FLIGHT && number > PUBLICATIONS)
            break;
    }
    return NULL;
}

static struct sink *open_sink(struct producer *producers, const struct log *log)
{
    struct sink_settings settings = {
        .log = log, .lanes = LANES, .queue = 256, .wake = wake, .wake_context = producers};
    struct holding_sink *s = aligned_alloc(RING_CACHE_LINE, sizeof(*s));

    s->count = 0;
    if (sink_init(&s->sink, &ops, &settings, HELD) || sink_start(&s->sink))
        abort();
    while (!atomic_load(&s->sink.up))
        ;
    return &s->sink;
}

static unsigned long close_sink(struct sink *sink)
{
    unsigned long acknowledged;

    sink_ask_to_end(sink);
    sink_join(sink, clock_now() + CLOCK_SECOND);
    acknowledged = counter_read(&sink->counters[PUBLISHER_ACKNOWLEDGED]);
    sink_deinit(sink);
    free(sink);
    return acknowledged;
}

int main(void)
{
    static struct producer producers[LANES];
    static struct publisher_lane lanes[LANES];
    struct log log = log_to_stderr(LOG_WARNING);
    struct sink *sinks[SINKS];
    unsigned long acknowledged = 0, failures = 0;

    for (int i = 0; i < LANES; i++)
        sem_init(&producers[i].woken, 0, 0);
    for (int i = 0; i < SINKS; i++)
        sinks[i] = open_sink(producers, &log);
    for (unsigned i = 0; i < LANES; i++) {
        lane_init(&lanes[i], i, sinks, SINKS);
        producers[i].lane = &lanes[i];
        pthread_create(&producers[i].thread, NULL, produce, &producers[i]);
    }
    for (int i = 0; i < LANES; i++) {
        pthread_join(producers[i].thread, NULL);
        failures += producers[i].failures;
    }
    for (int i = 0; i < SINKS; i++)
        acknowledged += close_sink(sinks[i]);
    printf("%lu acknowledged, %lu out of order\n", acknowledged, failures);
    return acknowledged == (unsigned long)LANES * PUBLICATIONS && failures == 0 ? 0 : 1;
}
