#include "base/log.h"

#include "base/clock.h"
#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024

static const char *const names[] = {"error", "warning", "info", "debug"};
static const char *const colours[] = {"\033[31m", "\033[33m", "\033[32m", "\033[2m"};

struct log log_to_stderr(enum log_level level)
{
    bool colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");

    return (struct log){.level = level, .fd = STDERR_FILENO, .colour = colour};
}

static void write_prefix(struct writer *w, const struct log *log, enum log_level level)
{
    uint64_t wall_ms = clock_wall_ms();
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    char date[32];

    gmtime_r(&seconds, &utc);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
    writer_format(w, "%s.%03uZ %s%-7s%s ", date, (unsigned)(wall_ms % 1000),
                  log->colour ? colours[level] : "", names[level], log->colour ? "\033[0m" : "");
}

void log_write(const struct log *log, enum log_level level, const char *format, ...)
{
    char line[LOG_LINE_MAX], text[LOG_LINE_MAX / 2];
    struct writer w = writer_over(line, sizeof(line));
    va_list arguments;
    ssize_t ignored;

    if (level > log->level)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments); /* a longer text is cut */
    va_end(arguments);
    write_prefix(&w, log, level);
    writer_text(&w, text);
    writer_u8(&w, '\n');
    ignored = write(log->fd, line, writer_length(&w)); /* nowhere to report a broken log */
    (void)ignored;
}

bool log_limit_pass(struct log_limit *limit, uint64_t now, uint64_t period, uint64_t *suppressed)
{
    if (now < limit->next) {
        limit->suppressed++;
        return false;
    }
    *suppressed = limit->suppressed;
    *limit = (struct log_limit){.next = now + period};
    return true;
}
