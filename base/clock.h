/*
 * The two clocks. Any thread may call. Everything below the event loops takes time as a parameter,
 * so only they (and programs of their own) call this.
 */
#ifndef SIMGATE_BASE_CLOCK_H
#define SIMGATE_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_MICROSECOND UINT64_C(1000)
#define CLOCK_MILLISECOND UINT64_C(1000000)
#define CLOCK_SECOND      UINT64_C(1000000000)

/* A deadline that never comes. */
#define CLOCK_NEVER UINT64_MAX

/* Nanoseconds on the monotonic clock. Never 0. */
uint64_t clock_now(void);

/* Milliseconds since the Unix epoch. */
uint64_t clock_wall_ms(void);

#endif
