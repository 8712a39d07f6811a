/*
 * Log lines to standard error: time, level, text. Any thread; a line is one write(2). The logger is
 * set up once, before the threads start, and handed to whoever logs.
 *
 * What a datagram can cause is logged through a log_limit, so that traffic cannot flood the log.
 */
#ifndef SIMGATE_BASE_LOG_H
#define SIMGATE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log {
    enum log_level level; /* what is less urgent is left out */
    int fd;
    bool colour;
};

/* To standard error, in colour where that is a terminal and NO_COLOR is not set. */
struct log log_to_stderr(enum log_level level);

void log_write(const struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(log, ...)   log_write((log), LOG_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_write((log), LOG_WARNING, __VA_ARGS__)
#define log_info(log, ...)    log_write((log), LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...)   log_write((log), LOG_DEBUG, __VA_ARGS__)

/* At most one line a period. One thread. */
struct log_limit {
    uint64_t next;       /* nanoseconds, monotonic: no line before */
    uint64_t suppressed; /* lines left out since the last */
};

/* True when a line may go now; `*suppressed` is then how many were left out since the last. */
bool log_limit_pass(struct log_limit *limit, uint64_t now, uint64_t period, uint64_t *suppressed);

#endif
