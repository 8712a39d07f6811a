/*
 * What latency the machine causes by itself: a client and a server that share nothing but two
 * counters, each on a processor of its own. Requests come by a schedule, as in the open loop of
 * the load generator, and each keeps the client busy for a while, and then the server; both look
 * at the clock for that long. So all that delays an answer is that a processor was somewhere else,
 * with other processes, in the kernel or, in a virtual machine, with another one, and the work
 * that is behind then.
 *
 *     pauses SECONDS REQUESTS_PER_SECOND NANOSECONDS_EACH SERVER_CPU CLIENT_CPU
 *
 * Prints a JSON object: requests that were answered, the seconds of the schedule, the time that
 * the server's work took of these, and quantiles of the latency in milliseconds.
 */
#include "base/clock.h"
#include "base/histogram.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct exchange {
    uint64_t requests;
    uint64_t interval; /* nanoseconds, as all here */
    uint64_t each;
    int server_cpu, client_cpu;
    _Alignas(64) _Atomic uint64_t asked;
    _Alignas(64) _Atomic uint64_t answered;
};

static int stay_on(int cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return sched_setaffinity(0, sizeof one, &one);
}

static void work_for(uint64_t nanoseconds)
{
    uint64_t end = clock_now() + nanoseconds;

    while (clock_now() < end)
        ;
}

/* Answers each request that was asked, one after the other. */
static void *serve(void *argument)
{
    struct exchange *e = argument;

    if (stay_on(e->server_cpu) != 0) {
        perror("pauses: the server's processor");
        exit(1);
    }
    for (uint64_t i = 0; i < e->requests; i++) {
        while (atomic_load_explicit(&e->asked, memory_order_acquire) <= i)
            ;
        work_for(e->each);
        atomic_store_explicit(&e->answered, i + 1, memory_order_release);
    }
    return NULL;
}

/* Asks when the schedule says so, and records for each answer how long after that it was seen. */
static void ask(struct exchange *e, struct histogram *latencies)
{
    uint64_t began = clock_now();

    for (uint64_t asked = 0, seen = 0; seen < e->requests;) {
        uint64_t answered = atomic_load_explicit(&e->answered, memory_order_acquire);
        uint64_t now = clock_now();

        for (; seen < answered; seen++)
            histogram_record(latencies, now - (began + seen * e->interval));
        if (asked < e->requests && began + asked * e->interval <= now) {
            work_for(e->each);
            atomic_store_explicit(&e->asked, ++asked, memory_order_release);
        }
    }
}

static int run(struct exchange *e, struct histogram *latencies)
{
    pthread_t server;

    if (stay_on(e->client_cpu) != 0) {
        perror("pauses: the client's processor");
        return -1;
    }
    if (pthread_create(&server, NULL, serve, e) != 0) {
        fputs("pauses: no thread for the server\n", stderr);
        return -1;
    }
    ask(e, latencies);
    return pthread_join(server, NULL);
}

static double milliseconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / CLOCK_MILLISECOND;
}

int main(int argc, char **argv)
{
    static struct histogram latencies;
    static struct exchange e;
    double rate = argc == 6 ? strtod(argv[2], NULL) : 0, seconds;

    if (rate <= 0) {
        fputs("Usage: pauses SECONDS REQUESTS_PER_SECOND NANOSECONDS_EACH SERVER_CPU CLIENT_CPU\n",
              stderr);
        return 2;
    }
    seconds = strtod(argv[1], NULL);
    e.requests = (uint64_t)(seconds * rate);
    e.interval = (uint64_t)(CLOCK_SECOND / rate);
    e.each = strtoull(argv[3], NULL, 10);
    e.server_cpu = atoi(argv[4]);
    e.client_cpu = atoi(argv[5]);
    if (run(&e, &latencies) != 0)
        return 1;
    printf("{\"done\": %llu, \"seconds\": %g, \"cpu_seconds\": %g, \"p50\": %g, \"p99\": %g}\n",
           (unsigned long long)e.requests, seconds, (double)(e.requests * e.each) / CLOCK_SECOND,
           milliseconds(histogram_quantile(&latencies, 0.5)),
           milliseconds(histogram_quantile(&latencies, 0.99)));
    return 0;
}
