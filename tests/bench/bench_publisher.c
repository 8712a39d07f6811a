/*
 * How fast one lane publishes through the pool: bench_publisher [URL [publications
 * [connections]]]. Prints publications a second, and the process's own CPU time for each. With
 * mosquitto, set max_inflight_messages to 0 first.
 */
#include "base/clock.h"
#include "base/log.h"
#include "publisher/publisher.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PAYLOAD  300
#define PIPELINE 1024 /* publications that the lane keeps submitted */
#define DEADLINE (60 * CLOCK_SECOND)

static void wake(void *context, unsigned lane)
{
    sem_post(context);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Submits what is in `idle` and collects into it, until `total` came back. Returns how many of
 * them the broker acknowledged. */
static unsigned long run(struct publisher_lane *lane, struct publication **idle, unsigned count,
                         unsigned long total, sem_t *woken)
{
    unsigned long submitted = 0, returned = 0, acknowledged = 0;
    struct publication *publication;

    while (returned < total) {
        for (; count && submitted < total; submitted++) {
            publication = idle[--count];
            publication->deadline = clock_now() + DEADLINE;
            publication->order_key = submitted;
            publication->result = publisher_submit(lane, publication);
            if (publication->result != PUBLISH_PENDING) {
                idle[count++] = publication;
                returned++;
                acknowledged += publication->result == PUBLISH_ACKNOWLEDGED;
            }
        }
        publisher_flush(lane);
        while ((publication = publisher_collect(lane))) {
            idle[count++] = publication;
            returned++;
            acknowledged += publication->result == PUBLISH_ACKNOWLEDGED;
        }
        if (returned < total && (count == 0 || submitted == total))
            sem_wait(woken);
    }
    return acknowledged;
}

static void measure(struct publisher *publisher, unsigned long total, sem_t *woken)
{
    static uint8_t payload[PAYLOAD];
    static struct publication publications[PIPELINE];
    struct publication *idle[PIPELINE];
    uint64_t begin;
    double cpu, seconds;
    unsigned long acknowledged;

    memset(payload, 'x', sizeof(payload));
    for (unsigned i = 0; i < PIPELINE; i++) {
        publications[i] = (struct publication){
            .topic = "8988280666000002864/bench", .payload = payload, .payload_length = PAYLOAD};
        idle[i] = &publications[i];
    }
    begin = clock_now();
    cpu = cpu_seconds();
    acknowledged = run(publisher_lane(publisher, 0), idle, PIPELINE, total, woken);
    seconds = (double)(clock_now() - begin) / 1e9;
    cpu = cpu_seconds() - cpu;
    printf("%lu of %lu acknowledged: %.0f publications/s, %.2f us CPU each\n", acknowledged, total,
           (double)total / seconds, cpu * 1e6 / (double)total);
}

int main(int argc, char **argv)
{
    struct publisher_settings settings = {
        .url = argc > 1 ? argv[1] : "mqtt://127.0.0.1:1883",
        .connections = argc > 3 ? (uint32_t)atoi(argv[3]) : 1,
        .queue = 2 * PIPELINE,
        .keepalive = 60,
    };
    struct log log = log_to_stderr(LOG_WARNING);
    struct publisher *publisher;
    sem_t woken;
    char *error;

    sem_init(&woken, 0, 0);
    if (publisher_open(&publisher, &settings, 1, wake, &woken, &log, &error)) {
        fprintf(stderr, "%s\n", error);
        free(error);
        return 1;
    }
    for (int i = 0; i < 500 && !publisher_ready(publisher); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    measure(publisher, argc > 2 ? strtoul(argv[2], NULL, 10) : 500000, &woken);
    publisher_stop(publisher, CLOCK_SECOND);
    publisher_close(publisher);
    return 0;
}
