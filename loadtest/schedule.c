#include "loadtest/schedule.h"

#include "base/clock.h"

static struct schedule schedule_of(uint64_t start, uint64_t duration, uint64_t count)
{
    return (struct schedule){.start = start,
                             .end = duration ? start + duration : CLOCK_NEVER,
                             .limit = duration ? SCHEDULE_UNLIMITED : count};
}

struct schedule schedule_open(double rate, uint64_t start, uint64_t duration, uint64_t count)
{
    struct schedule s = schedule_of(start, duration, count);

    s.interval = (double)CLOCK_SECOND / rate;
    return s;
}

struct schedule schedule_closed(uint32_t window, uint64_t start, uint64_t duration, uint64_t count)
{
    struct schedule s = schedule_of(start, duration, count);

    s.window = window;
    return s;
}

/* Multiplied and never added up: rounding must not change the rate. */
static uint64_t instant_of(const struct schedule *s, uint64_t number)
{
    return s->start + (uint64_t)((double)number * s->interval);
}

uint64_t schedule_next(const struct schedule *s)
{
    uint64_t instant = instant_of(s, s->started);

    return s->started < s->limit && instant < s->end ? instant : CLOCK_NEVER;
}

bool schedule_take(struct schedule *s, uint64_t now, uint32_t open, uint64_t *since)
{
    uint64_t instant = schedule_next(s);

    if (instant > now)
        return false;
    if (!schedule_is_open(s) && (open >= s->window || now >= s->end))
        return false;
    *since = schedule_is_open(s) ? instant : now;
    s->started++;
    return true;
}

/* How many starts of the open loop have come due: a quotient rounded down, and the
 * rest by the formula that gives the instants. */
static uint64_t count_due(const struct schedule *s, uint64_t now)
{
    uint64_t until = now < s->end ? now + 1 : s->end; /* the end itself is out */
    uint64_t count;

    if (until <= s->start)
        return 0;
    count = (uint64_t)((double)(until - s->start) / s->interval);
    while (instant_of(s, count) < until)
        count++;
    return count < s->limit ? count : s->limit;
}

uint64_t schedule_overdue(const struct schedule *s, uint64_t now)
{
    uint64_t count = schedule_is_open(s) ? count_due(s, now) : s->started;

    return count > s->started ? count - s->started : 0;
}

bool schedule_is_over(const struct schedule *s, uint64_t now)
{
    if (now >= s->end || s->started >= s->limit)
        return true;
    return schedule_is_open(s) && count_due(s, now) >= s->limit;
}

void schedule_stop(struct schedule *s, uint64_t now)
{
    if (now + 1 < s->end)
        s->end = now + 1;
}
