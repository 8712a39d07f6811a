#include "storage/ctl/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <unistd.h>

#define TERMINAL_INTERVAL (200 * CLOCK_MILLISECOND)
#define LINE_INTERVAL     (3 * CLOCK_SECOND)
#define BAR_WIDTH         30

static uint64_t interval(const struct progress *p)
{
    return p->on_terminal ? TERMINAL_INTERVAL : LINE_INTERVAL;
}

void progress_start(struct progress *p, uint64_t total, uint64_t now)
{
    *p = (struct progress){.on_terminal = isatty(STDERR_FILENO), .total = total, .started = now};
    p->next = now + interval(p);
}

/* "[#####.....]  50 %, " */
static void print_share(const struct progress *p, uint64_t done)
{
    double share = done < p->total ? (double)done / (double)p->total : 1;
    int filled = (int)(share * BAR_WIDTH);

    if (p->on_terminal)
        fprintf(stderr, "[%.*s%.*s] ", filled, "##############################", BAR_WIDTH - filled,
                "..............................");
    fprintf(stderr, "%3.0f %%, ", share * 100);
}

/* What is left takes as long as what was done. */
static void print_rest(const struct progress *p, uint64_t done, double seconds)
{
    double rest = done < p->total ? seconds * (double)(p->total - done) / (double)done : 0;

    fprintf(stderr, ", %.0f s left", rest);
}

void progress_tell(struct progress *p, uint64_t done, uint64_t now)
{
    double seconds = (double)(now - p->started) / CLOCK_SECOND;

    if (now < p->next)
        return;
    fputs(p->on_terminal ? "\r\033[K" : "", stderr);
    if (p->total)
        print_share(p, done);
    fprintf(stderr, "%" PRIu64 " devices, %.0f a second", done, (double)done / seconds);
    if (p->total && done)
        print_rest(p, done, seconds);
    fputs(p->on_terminal ? "" : "\n", stderr);
    p->shown = p->on_terminal;
    p->next = now + interval(p);
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

static ssize_t write_line(void *cookie, const char *bytes, size_t length)
{
    progress_clear(cookie);
    return (ssize_t)fwrite(bytes, 1, length, stderr);
}

FILE *progress_stream(struct progress *p)
{
    FILE *stream = fopencookie(p, "w", (cookie_io_functions_t){.write = write_line});

    if (stream)
        setvbuf(stream, NULL, _IOLBF, 4096);
    return stream;
}
