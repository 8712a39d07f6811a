#include "loadtest/report/series.h"

#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* A rest of a second that is shorter than this counts to the second before: its rates would be
 * mostly noise. */
#define SHORTEST (CLOCK_SECOND / 2)

static double in_seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / (double)CLOCK_SECOND;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Sums, until finish() makes rates of them. */
static void add(struct series_point *p, const struct results_second *s)
{
    p->to += in_seconds(s->length);
    p->sent += (double)s->sent;
    p->answered += (double)s->answered;
    p->errors += (double)s->errors;
    p->retransmissions += (double)s->retransmissions;
    p->p50 = larger(p->p50, in_seconds(s->p50));
    p->p99 = larger(p->p99, in_seconds(s->p99));
    p->latency_max = larger(p->latency_max, in_seconds(s->latency_max));
    p->server_load += in_seconds(s->server_cpu);
    p->own_load += in_seconds(s->own_cpu);
    if (s->in_flight > p->in_flight)
        p->in_flight = s->in_flight;
}

static void finish(struct series_point *p)
{
    double length = p->to - p->from;

    if (length <= 0)
        return;
    p->sent /= length;
    p->answered /= length;
    p->errors /= length;
    p->retransmissions /= length;
    p->server_load /= length;
    p->own_load /= length;
}

static bool is_short_rest(const struct results *r, uint32_t i)
{
    return i > 0 && i + 1 == r->series_count && r->series[i].length < SHORTEST;
}

/* A last point that reaches a little into the draining would have a lower rate for it. */
static void cut_draining(struct series *s, const struct results *r)
{
    double elapsed = in_seconds(r->elapsed), shortest = in_seconds(SHORTEST);
    struct series_point *last = s->count ? &s->points[s->count - 1] : NULL;

    if (last && last->from + shortest < elapsed && last->to - shortest < elapsed &&
        last->to > elapsed)
        s->end = last->to = elapsed;
}

int series_init(struct series *s, const struct results *r, uint32_t most)
{
    struct series_point *p = NULL;

    *s = (struct series){.seconds = (r->series_count + most - 1) / most};
    s->points = calloc(most, sizeof(*s->points));
    if (!s->points)
        return -ENOMEM;
    for (uint32_t i = 0; i < r->series_count; i++) {
        if (i % s->seconds == 0 && !is_short_rest(r, i)) {
            p = &s->points[s->count++];
            p->from = p->to = s->end;
        }
        add(p, &r->series[i]);
        s->end = p->to;
    }
    cut_draining(s, r);
    for (uint32_t i = 0; i < s->count; i++)
        finish(&s->points[i]);
    return 0;
}

void series_deinit(struct series *s)
{
    free(s->points);
    *s = (struct series){0};
}
