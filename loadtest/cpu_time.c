#include "loadtest/cpu_time.h"

#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t nanoseconds_in(const struct timeval *t)
{
    return (uint64_t)t->tv_sec * CLOCK_SECOND + (uint64_t)t->tv_usec * CLOCK_MICROSECOND;
}

uint64_t cpu_time_own(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return nanoseconds_in(&usage.ru_utime) + nanoseconds_in(&usage.ru_stime);
}

/* utime and stime together, in clock ticks: fields 14 and 15 of proc(5). The name, field 2, is in
 * parentheses and may hold anything, spaces too. False when there are fewer fields. */
static bool read_ticks(const char *text, unsigned long long *ticks)
{
    const char *at = strrchr(text, ')');
    char *end;

    for (int field = 2; at && field < 14; field++)
        at = strchr(at + 1, ' ');
    if (!at)
        return false;
    *ticks = strtoull(at, &end, 10);
    *ticks += strtoull(end, NULL, 10);
    return true;
}

int cpu_time_of(pid_t pid, uint64_t *nanoseconds)
{
    unsigned long long ticks;
    char path[32], text[1024];
    FILE *file;
    size_t length;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? -ESRCH : -errno;
    length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = 0;
    if (!read_ticks(text, &ticks))
        return -ESRCH;
    *nanoseconds = ticks * (CLOCK_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
    return 0;
}
