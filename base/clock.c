#include "base/clock.h"

#include <time.h>

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * CLOCK_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t clock_now(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ms(void)
{
    return nanoseconds(CLOCK_REALTIME) / CLOCK_MILLISECOND;
}
