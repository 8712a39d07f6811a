#include "loadtest/cpu_time.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
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

int cpu_time_of(pid_t pid, uint64_t *nanoseconds)
{
    unsigned long long user, system;
    char path[32], text[1024];
    const char *behind_name;
    FILE *file;
    size_t length;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? -ESRCH : -errno;
    length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = 0;
    /* The name, in parentheses, may hold anything; fields 14 and 15 are utime and stime (proc(5)).
     */
    behind_name = strrchr(text, ')');
    if (!behind_name ||
        sscanf(behind_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
               &system) != 2)
        return -ESRCH;
    *nanoseconds = (uint64_t)(user + system) * (CLOCK_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
    return 0;
}
