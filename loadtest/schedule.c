#include "loadtest/schedule.h"

#include "base/clock.h"

#include <math.h>

static struct schedule schedule_of(uint64_t start, uint64_t duration, uint64_t count)
{
    return (struct schedule){.start = start,
                             .end = duration ? start + duration : CLOCK_NEVER,
                             .limit = duration ? SCHEDULE_UNLIMITED : count};
}

/* Even instants are multiplied and never added up: rounding must not change the rate. */
static void advance(const struct schedule *s, struct schedule_cursor *c)
{
    double uniform; /* above 0, at most 1 */

    c->count++;
    if (!s->poisson) {
        c->at = (double)c->count * s->interval;
        return;
    }
    uniform = (double)((random_next(&c->random) >> 11) + 1) * 0x1p-53;
    c->at -= log(uniform) * s->interval;
}

struct schedule schedule_open(double rate, uint64_t start, uint64_t duration, uint64_t count)
{
    struct schedule s = schedule_of(start, duration, count);

    s.interval = (double)CLOCK_SECOND / rate;
    return s;
}

struct schedule schedule_poisson(double rate, uint64_t seed, uint64_t start, uint64_t duration,
                                 uint64_t count)
{
    struct schedule s = schedule_open(rate, start, duration, count);

    s.poisson = true;
    random_source_seed(&s.next.random, seed);
    advance(&s, &s.next); /* it does not begin with one */
    s.next.count = 0;
    s.due = s.next;
    return s;
}

struct schedule schedule_closed(uint32_t window, uint64_t start, uint64_t duration, uint64_t count)
{
    struct schedule s = schedule_of(start, duration, count);

    s.window = window;
    return s;
}

static uint64_t instant_of(const struct schedule *s, const struct schedule_cursor *c)
{
    return s->start + (uint64_t)c->at;
}

uint64_t schedule_next(const struct schedule *s)
{
    uint64_t instant = instant_of(s, &s->next);

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
    if (schedule_is_open(s))
        advance(s, &s->next);
    return true;
}

/* How many starts of the open loop have come due. */
static uint64_t count_due(struct schedule *s, uint64_t now)
{
    uint64_t until = now < s->end ? now + 1 : s->end; /* the end itself is out */

    while (s->due.count < s->limit && instant_of(s, &s->due) < until)
        advance(s, &s->due);
    return s->due.count;
}

uint64_t schedule_overdue(struct schedule *s, uint64_t now)
{
    uint64_t count = schedule_is_open(s) ? count_due(s, now) : s->started;

    return count > s->started ? count - s->started : 0;
}

bool schedule_is_over(struct schedule *s, uint64_t now)
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
