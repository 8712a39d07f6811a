/*
 * How much processor time a process has used. Any thread.
 */
#ifndef SIMGATE_LOADTEST_CPU_TIME_H
#define SIMGATE_LOADTEST_CPU_TIME_H

#include <stdint.h>
#include <sys/types.h>

/* User and system time of this process, in nanoseconds. */
uint64_t cpu_time_own(void);

/* That of another process and all its threads, from /proc/PID/stat: in clock ticks, of 10 ms as a
 * rule. Returns 0 or -errno. */
int cpu_time_of(pid_t pid, uint64_t *nanoseconds);

#endif
