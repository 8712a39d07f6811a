#include "tests/unit/loadtest/sample_results.h"

#include "base/clock.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define RATE    10000
#define HOSTILE "</script><b onclick=\"x\">&'\"\\\n\001\377"

/* The same numbers in every run. */
static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static double uniform(uint32_t *state)
{
    return (next(state) + 1.0) / 16777217.0;
}

/* About log-normal around 400 us, with a tail. */
static uint64_t latency(uint32_t *state, double slow)
{
    double sum = 0;

    for (int i = 0; i < 6; i++)
        sum += uniform(state);
    return (uint64_t)(400e3 * slow * exp((sum - 3) * 0.6) /
                      (uniform(state) < 0.004 ? uniform(state) : 1));
}

static void set_up(struct results *r)
{
    results_init(r);
    results_set(r, "target", "coap://127.0.0.1:5683");
    results_set(r, "scenario", "telemetry");
    results_set(r, "devices", "1000");
    results_set(r, "rate", "10000");
    results_set(r, "loop", "open");
    results_fact(r, "processor", "AMD EPYC, 2 cores");
    results_fact(r, "kernel", "Linux 6.18.5");
    r->wall_ms = UINT64_C(1795408929123);
    r->start = 1;
    r->end = RESULTS_COMPLETE;
    r->open_loop = true;
    r->devices = r->devices_ready = 1000;
    r->server_measured = true;
}

static void record(struct results *r, struct histogram *second, struct results_second *s,
                   uint64_t nanoseconds, uint64_t times)
{
    histogram_record_many(second, nanoseconds, times);
    histogram_record_many(&r->latency, nanoseconds, times);
    histogram_record_many(&r->steps[RESULTS_MESSAGE].latency, nanoseconds, times);
    if (nanoseconds > s->latency_max)
        s->latency_max = nanoseconds;
    if (nanoseconds > r->latency_max)
        r->latency_max = r->steps[RESULTS_MESSAGE].latency_max = nanoseconds;
}

static void append_second(struct results *r, uint32_t *state, double slow)
{
    struct histogram second = {0};
    struct results_second s = {.length = CLOCK_SECOND, .sent = RATE, .answered = RATE};

    for (int i = 0; i < RATE / 10; i++)
        record(r, &second, &s, latency(state, slow), 10);
    s.answered = RATE - 50 + next(state) % 100;
    s.p50 = results_quantile(&second, 0.5, s.latency_max);
    s.p99 = results_quantile(&second, 0.99, s.latency_max);
    s.in_flight = 4 + next(state) % 8;
    s.server_cpu = 43 * CLOCK_MILLISECOND + next(state) % 4000000;
    s.own_cpu = 38 * CLOCK_MILLISECOND + next(state) % 4000000;
    r->server_cpu += s.server_cpu;
    r->own_cpu += s.own_cpu;
    results_append(r, &s);
}

static void count_up(struct results *r, uint32_t seconds)
{
    uint64_t all = (uint64_t)seconds * RATE;
    struct results_totals *t = &r->totals;
    struct results_step_totals *s = &r->steps[RESULTS_MESSAGE];

    r->elapsed = seconds * CLOCK_SECOND;
    t->due = t->sent = t->answered = t->succeeded = r->measured_answered = all;
    t->codes[0x44] = t->datagrams_sent = t->datagrams_received = all;
    s->started = s->succeeded = all;
    r->verification = (struct results_verification){
        .state = RESULTS_VERIFIED, .acknowledged = all, .delivered = all};
}

void sample_results_good(struct results *r, uint32_t seconds)
{
    uint32_t state = 1;

    set_up(r);
    for (uint32_t i = 0; i < seconds; i++)
        append_second(r, &state, 1);
    count_up(r, seconds);
}

static void go_wrong(struct results *r)
{
    struct results_totals *t = &r->totals;
    struct results_verification *v = &r->verification;

    t->refused = 3211;
    t->timeouts = 57;
    t->retransmissions = 1402;
    t->succeeded = t->sent - t->refused - t->timeouts;
    t->answered = t->sent - t->timeouts;
    t->codes[0x44] = t->succeeded;
    t->codes[0x85] = 3000; /* 4.05 */
    t->codes[0xa2] = 211;  /* 5.02 */
    t->late = 4000;
    t->lateness_max = 3 * CLOCK_MILLISECOND;
    t->kernel_drops = 4;
    for (int i = 0; i < 100; i++)
        results_delay_record(&r->read_late, 30 * CLOCK_SECOND);
    results_delay_record(&r->sent_late, 3 * CLOCK_MILLISECOND);
    t->ids_overused = 9;
    v->acknowledged = t->succeeded;
    v->lost = v->lost_names = 2;
    v->delivered = v->acknowledged - 2;
    v->duplicated = v->duplicated_names = 1;
    snprintf(v->lost_name[0], RESULTS_NAME, "4f1c-17-203");
    snprintf(v->lost_name[1], RESULTS_NAME, "4f1c-918-77");
    snprintf(v->duplicated_name[0], RESULTS_NAME, "4f1c-3-9");
}

void sample_results_bad(struct results *r, uint32_t seconds)
{
    const struct results_second drain = {.length = 2 * CLOCK_SECOND / 5, .errors = 57};
    uint32_t state = 7;

    set_up(r);
    for (uint32_t i = 0; i < seconds; i++) {
        bool stall = i % 7 == 4;

        append_second(r, &state, stall ? 40 : 1 + 0.3 * sin(i));
        r->series[i].answered -= stall ? 4000 : 0;
        r->series[i].errors = stall ? 800 : 3;
        r->series[i].retransmissions = stall ? 350 : 0;
    }
    count_up(r, seconds);
    go_wrong(r);
    results_append(r, &(struct results_second){.length = CLOCK_SECOND,
                                               .answered = 2000,
                                               .p50 = CLOCK_SECOND,
                                               .p99 = 2 * CLOCK_SECOND,
                                               .latency_max = 2 * CLOCK_SECOND});
    results_append(r, &(struct results_second){.length = CLOCK_SECOND});
    results_append(r, &drain);
}

void sample_results_silent(struct results *r, uint32_t seconds)
{
    struct results_totals *t = &r->totals;

    set_up(r);
    for (uint32_t i = 0; i < seconds; i++)
        results_append(r, &(struct results_second){.length = CLOCK_SECOND,
                                                   .sent = RATE,
                                                   .errors = RATE,
                                                   .retransmissions = 4 * RATE});
    r->elapsed = seconds * CLOCK_SECOND;
    r->server_measured = false;
    t->due = t->sent = t->timeouts = (uint64_t)seconds * RATE;
    t->retransmissions = 4 * t->sent;
    t->datagrams_sent = 5 * t->sent;
}

void sample_results_hostile(struct results *r)
{
    results_init(r);
    results_set(r, "target", HOSTILE);
    results_set(r, "scenario", HOSTILE);
    results_set(r, "topic", HOSTILE);
    results_fact(r, "processor", HOSTILE);
    r->verification.state = RESULTS_VERIFY_IMPOSSIBLE;
    r->verification.lost = r->verification.lost_names = 1;
    r->verification.duplicated = r->verification.duplicated_names = 1;
    snprintf(r->verification.problem, sizeof(r->verification.problem), HOSTILE);
    snprintf(r->verification.lost_name[0], RESULTS_NAME, HOSTILE);
    snprintf(r->verification.duplicated_name[0], RESULTS_NAME, HOSTILE);
}
