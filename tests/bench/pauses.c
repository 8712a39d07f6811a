/*
 * What latency the machine causes by itself: a server without input and output. Requests come by a
 * schedule, and each keeps the processor busy for a while, which is looked at on the clock; so all
 * that delays them is that the processor was somewhere else, with other processes, in the kernel
 * or, in a virtual machine, with another one, and the work that is behind then.
 *
 *     pauses SECONDS REQUESTS_PER_SECOND NANOSECONDS_EACH
 *
 * Prints a JSON object: requests that were worked on, the seconds of the schedule, the time that
 * the work itself took of these, and quantiles of the latency in milliseconds.
 */
#include "base/clock.h"
#include "base/histogram.h"

#include <stdio.h>
#include <stdlib.h>

struct plan {
    uint64_t length; /* nanoseconds, as all here */
    uint64_t interval;
    uint64_t each;
};

static void spin_until(uint64_t due)
{
    while (clock_now() < due)
        ;
}

/* Works by the plan, and records for each request how long after its time it was done. */
static uint64_t work(const struct plan *p, struct histogram *latencies)
{
    uint64_t began = clock_now(), done = 0;

    for (uint64_t due = began; due < began + p->length; due += p->interval, done++) {
        spin_until(due);
        spin_until(clock_now() + p->each);
        histogram_record(latencies, clock_now() - due);
    }
    return done;
}

static double milliseconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / CLOCK_MILLISECOND;
}

int main(int argc, char **argv)
{
    static struct histogram latencies;
    struct plan p = {0};
    double rate = argc == 4 ? strtod(argv[2], NULL) : 0, seconds;
    uint64_t done;

    if (rate <= 0) {
        fputs("Usage: pauses SECONDS REQUESTS_PER_SECOND NANOSECONDS_EACH\n", stderr);
        return 2;
    }
    seconds = strtod(argv[1], NULL);
    p.length = (uint64_t)(seconds * CLOCK_SECOND);
    p.interval = (uint64_t)(CLOCK_SECOND / rate);
    p.each = strtoull(argv[3], NULL, 10);
    done = work(&p, &latencies);
    printf("{\"done\": %llu, \"seconds\": %g, \"cpu_seconds\": %g, \"p50\": %g, \"p99\": %g}\n",
           (unsigned long long)done, seconds, (double)(done * p.each) / CLOCK_SECOND,
           milliseconds(histogram_quantile(&latencies, 0.5)),
           milliseconds(histogram_quantile(&latencies, 0.99)));
    return 0;
}
