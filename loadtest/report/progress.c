#include "loadtest/report/progress.h"

#include "base/clock.h"
#include "loadtest/report/colour.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

/* How many seconds there are to a line where lines stay. */
#define PLAIN_SECONDS 5

/* How often the terminal hears of the preparation. */
#define PREPARATION_TICK (CLOCK_SECOND / 4)

#define SEPARATOR "  "

struct line {
    char *text;
    size_t length;
    unsigned columns, room; /* used, and that there are; 0: any */
    bool colour;
};

/* A figure and its name, or nothing where it does not fit any more. */
static void add(struct line *l, enum colour colour, const char *figure, const char *name)
{
    unsigned columns = (unsigned)(strlen(figure) + strlen(name));
    size_t room = PROGRESS_LINE - l->length;
    int written;

    if (l->columns)
        columns += sizeof(SEPARATOR) - 1;
    if (l->room && l->columns + columns > l->room) {
        l->columns = l->room; /* what comes after it neither: no gaps */
    } else {
        written =
            snprintf(l->text + l->length, room, "%s%s%s%s%s", l->columns ? SEPARATOR : "",
                     colour_on(colour, l->colour), figure, name, colour_off(colour, l->colour));
        l->length += written > 0 && (size_t)written < room ? (size_t)written : 0;
        l->columns += columns;
    }
}

static void add_rate(struct line *l, uint64_t count, uint64_t length, const char *name)
{
    char text[FORMAT_TEXT];

    format_number(text, length ? (double)count * (double)CLOCK_SECOND / (double)length : 0);
    add(l, COLOUR_PLAIN, text, name);
}

static void add_count(struct line *l, uint64_t count, enum colour trouble, const char *name)
{
    char text[FORMAT_TEXT];

    add(l, count ? trouble : COLOUR_DIM, format_count(text, count), name);
}

static uint64_t series_end(const struct results *r)
{
    uint64_t end = 0;

    for (uint32_t i = 0; i < r->series_count; i++)
        end += r->series[i].length;
    return end;
}

static void add_second(struct line *l, const struct results *r, const struct results_second *s)
{
    char text[FORMAT_TEXT];

    snprintf(text, sizeof(text), "%3.0f s", (double)series_end(r) / (double)CLOCK_SECOND);
    add(l, COLOUR_BOLD, text, "");
    add_rate(l, s->sent, s->length, " sent/s");
    add_rate(l, s->answered, s->length, " answered/s");
    add(l, COLOUR_PLAIN, s->p99 ? format_duration(text, s->p99, FORMAT_US_ASCII) : "-", " p99");
    add_count(l, r->totals.retransmissions, COLOUR_WARNING, " retransm.");
    add_count(l, figures_failed(r) + r->totals.timeouts, COLOUR_BAD, " errors");
}

static void add_preparation(struct line *l, const struct results *r)
{
    char text[2 * FORMAT_TEXT + 8], ready[FORMAT_TEXT], devices[FORMAT_TEXT];

    format_count(ready, r->devices_ready);
    format_count(devices, r->devices);
    snprintf(text, sizeof(text), "%s of %s", ready, devices);
    add(l, COLOUR_BOLD, "preparing", "");
    add(l, COLOUR_PLAIN, text, " devices are ready");
}

size_t progress_line(char line[static PROGRESS_LINE], const struct results *r, unsigned columns,
                     bool colour)
{
    struct line l = {.text = line, .room = columns, .colour = colour};

    line[0] = 0;
    if (r->series_count)
        add_second(&l, r, &r->series[r->series_count - 1]);
    else
        add_preparation(&l, r);
    return l.length;
}

void progress_init(struct progress *p)
{
    *p = (struct progress){.terminal = isatty(STDERR_FILENO), .colour = colour_is_wanted(stderr)};
}

/* A line that reaches the last column would wrap on some terminals. */
static unsigned terminal_columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2)
        return 79;
    return size.ws_col - 1;
}

/* Whether there is something new since the last line. */
static bool is_due(struct progress *p, const struct results *r, uint64_t now)
{
    if (r->series_count) {
        if (r->series_count - p->seen < (p->terminal ? 1 : PLAIN_SECONDS))
            return false;
        p->seen = r->series_count;
        return true;
    }
    if (r->start || r->devices_ready >= r->devices || now < p->next)
        return false;
    p->next = now + (p->terminal ? PREPARATION_TICK : PLAIN_SECONDS * CLOCK_SECOND);
    return true;
}

void progress_show(struct progress *p, const struct results *r, uint64_t now)
{
    char line[PROGRESS_LINE];

    if (!is_due(p, r, now))
        return;
    progress_line(line, r, p->terminal ? terminal_columns() : 0, p->colour);
    fprintf(stderr, p->terminal ? CLEAR_LINE "%s" : "%s\n", line);
    p->shown = p->terminal;
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs(CLEAR_LINE, stderr);
    p->shown = false;
}
