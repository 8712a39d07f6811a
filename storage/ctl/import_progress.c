#include "storage/ctl/import_progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define TERMINAL_INTERVAL (200 * CLOCK_MILLISECOND)
#define LINE_INTERVAL     (5 * CLOCK_SECOND)

void import_progress_start(struct import_progress *p, uint64_t total, uint64_t now)
{
    *p = (struct import_progress){
        .on_terminal = isatty(STDERR_FILENO), .total = total, .started = now};
    p->next = now + (p->on_terminal ? TERMINAL_INTERVAL : LINE_INTERVAL);
}

void import_progress_tell(struct import_progress *p, uint64_t done, uint64_t now)
{
    if (now < p->next)
        return;
    fprintf(stderr, "%s%" PRIu64 " of %" PRIu64 " devices, %.0f s%s", p->on_terminal ? "\r" : "",
            done, p->total, (double)(now - p->started) / CLOCK_SECOND, p->on_terminal ? "" : "\n");
    p->shown = p->on_terminal;
    p->next = now + (p->on_terminal ? TERMINAL_INTERVAL : LINE_INTERVAL);
}

void import_progress_end(struct import_progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
