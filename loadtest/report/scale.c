#include "loadtest/report/scale.h"

#include <math.h>
#include <stddef.h>

/* Rounding must not lose the tick at an end. */
#define SLACK 1e-9

/* The least of 1, 2 and 5 times a power of ten that is not below `value`, which is more than 0. */
static double nice_above(double value)
{
    double power = pow(10, floor(log10(value) + SLACK));
    double fraction = value / power;

    if (fraction <= 1 + SLACK)
        return power;
    if (fraction <= 2 + SLACK)
        return 2 * power;
    return fraction <= 5 + SLACK ? 5 * power : 10 * power;
}

static double nice_below(double value)
{
    double power = pow(10, floor(log10(value) + SLACK));
    double fraction = value / power;

    return fraction >= 5 - SLACK ? 5 * power : fraction >= 2 - SLACK ? 2 * power : power;
}

static double nice_step(double span, unsigned wanted)
{
    return nice_above(span / (wanted ? wanted : 1));
}

struct scale scale_from_zero(double most, unsigned wanted, double start, double end)
{
    double step;

    if (!(most > 0) || !isfinite(most))
        most = 1;
    step = nice_step(most, wanted);
    return (struct scale){.to = ceil(most / step - SLACK) * step, .start = start, .end = end};
}

struct scale scale_log(double least, double most, double start, double end)
{
    struct scale s = {.from = 1, .to = 10, .start = start, .end = end, .log = true};

    if (least > 0 && isfinite(least))
        s.from = nice_below(least);
    s.to = most > s.from ? nice_above(most) : nice_above(s.from * 2);
    if (s.to <= s.from * (1 + SLACK))
        s.to = nice_above(s.from * 2);
    return s;
}

double scale_place(const struct scale *s, double value)
{
    double share;

    if (s->log)
        share = value > 0 ? log(value / s->from) / log(s->to / s->from) : 0;
    else
        share = (value - s->from) / (s->to - s->from);
    share = share > 0 ? share : 0; /* also what is not a number */
    return s->start + (share < 1 ? share : 1) * (s->end - s->start);
}

static void add(struct ticks *t, double at)
{
    if (t->count < TICKS_MAX)
        t->at[t->count++] = at;
}

static struct ticks every(const struct scale *s, double step)
{
    struct ticks t = {0};
    double first = ceil(s->from / step - SLACK);

    for (unsigned i = 0; i < TICKS_MAX && (first + i) * step <= s->to * (1 + SLACK); i++)
        add(&t, (first + i) * step);
    return t;
}

/* 1, 2 and 5 times the powers of ten, or only these, of every `skip`th decade. */
static struct ticks log_ticks(const struct scale *s, bool all, int skip)
{
    static const double factors[] = {1, 2, 5};
    struct ticks t = {0};
    int decade = (int)floor(log10(s->from) + SLACK);

    for (; pow(10, decade) <= s->to * (1 + SLACK); decade++)
        for (size_t i = 0; i < (all ? 3 : 1); i++) {
            double at = factors[i] * pow(10, decade);

            if (decade % skip == 0 && at >= s->from * (1 - SLACK) && at <= s->to * (1 + SLACK))
                add(&t, at);
        }
    return t;
}

struct ticks scale_ticks(const struct scale *s, unsigned wanted)
{
    struct ticks t;

    if (!s->log)
        return every(s, nice_step(s->to - s->from, wanted));
    t = log_ticks(s, true, 1);
    for (int skip = 1; t.count > wanted && skip < 8; skip++) {
        struct ticks fewer = log_ticks(s, false, skip);

        if (fewer.count < 2)
            break;
        t = fewer;
    }
    return t;
}

struct ticks scale_time_ticks(const struct scale *s, unsigned wanted)
{
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                                   600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    double least = (s->to - s->from) / (wanted ? wanted : 1);

    if (least < 0.5)
        return every(s, nice_above(least));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i] >= least * (1 - SLACK))
            return every(s, steps[i]);
    return every(s, 86400 * ceil(least / 86400));
}
