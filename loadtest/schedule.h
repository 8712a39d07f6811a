/*
 * When requests start. Open loop: at instants that are fixed beforehand, whatever the server does,
 * and a request that could not start in time still counts its latency from its instant, so that a
 * server that stalls is not flattered. They are even, or those of a Poisson process: independent of
 * each other, as those of many devices are. Closed loop: whenever fewer than `window` are open. No
 * clock; one thread.
 */
#ifndef SIMGATE_LOADTEST_SCHEDULE_H
#define SIMGATE_LOADTEST_SCHEDULE_H

#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_UNLIMITED UINT64_MAX

/* Goes through the instants of an open loop. */
struct schedule_cursor {
    struct random_source random; /* Poisson */
    double at;                   /* the next instant: nanoseconds since the start */
    uint64_t count;              /* of those before it */
};

struct schedule {
    double interval; /* nanoseconds between two starts, on average; 0: closed loop */
    bool poisson;
    uint32_t window; /* closed loop: open requests at a time */
    uint64_t start;  /* nanoseconds, monotonic */
    uint64_t end;    /* nothing is due from here on; CLOCK_NEVER: until `limit` */
    uint64_t limit;  /* requests in all, or SCHEDULE_UNLIMITED */
    uint64_t started;
    struct schedule_cursor next; /* of those that have not started */
    struct schedule_cursor due;  /* of those that have not come due */
};

/* `rate` requests a second. Either `duration` nanoseconds or, where that is 0, `count` requests. */
struct schedule schedule_open(double rate, uint64_t start, uint64_t duration, uint64_t count);

/* The same on average. The same `seed` gives the same instants. */
struct schedule schedule_poisson(double rate, uint64_t seed, uint64_t start, uint64_t duration,
                                 uint64_t count);
struct schedule schedule_closed(uint32_t window, uint64_t start, uint64_t duration, uint64_t count);

static inline bool schedule_is_open(const struct schedule *s)
{
    return s->interval > 0;
}

/* The instant of the next start; CLOCK_NEVER when there is none. The closed loop's is `start`. */
uint64_t schedule_next(const struct schedule *s);

/* Takes one start where one is due, with the instant that its latency counts from. `open` requests
 * are under way. An overdue start of the open loop is due after the end, too. */
bool schedule_take(struct schedule *s, uint64_t now, uint32_t open, uint64_t *since);

/* No start will come due any more, though overdue ones may be left. */
bool schedule_is_over(struct schedule *s, uint64_t now);

/* Starts that are due and were not taken. */
uint64_t schedule_overdue(struct schedule *s, uint64_t now);

/* No further starts come due after `now`. */
void schedule_stop(struct schedule *s, uint64_t now);

#endif
