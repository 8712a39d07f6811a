#include "loadtest/results.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SERIES_FIRST 64 /* entries */

void results_init(struct results *r)
{
    *r = (struct results){0};
}

void results_deinit(struct results *r)
{
    free(r->series);
    r->series = NULL;
    r->series_count = r->series_room = 0;
}

__attribute__((format(printf, 5, 0))) static void append(struct results_pair *pairs,
                                                         uint32_t *count, uint32_t room,
                                                         const char *name, const char *format,
                                                         va_list arguments)
{
    struct results_pair *pair = &pairs[*count];

    if (*count == room)
        return;
    pair->name = name;
    vsnprintf(pair->value, sizeof(pair->value), format, arguments);
    ++*count;
}

void results_set(struct results *r, const char *name, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(r->settings, &r->setting_count, RESULTS_SETTINGS, name, format, arguments);
    va_end(arguments);
}

void results_fact(struct results *r, const char *name, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(r->machine, &r->machine_count, RESULTS_FACTS, name, format, arguments);
    va_end(arguments);
}

int results_append(struct results *r, const struct results_second *second)
{
    if (r->series_count == r->series_room) {
        uint32_t room = r->series_room ? 2 * r->series_room : SERIES_FIRST;
        struct results_second *series = reallocarray(r->series, room, sizeof(*series));

        if (!series)
            return -ENOMEM;
        r->series = series;
        r->series_room = room;
    }
    r->series[r->series_count++] = *second;
    return 0;
}

uint64_t results_quantile(const struct histogram *h, double fraction, uint64_t max)
{
    uint64_t bound = histogram_quantile(h, fraction);

    return bound < max ? bound : max;
}

const char *results_step_name(enum results_step step)
{
    switch (step) {
    case RESULTS_BOOTSTRAP:
        return "bootstrap";
    case RESULTS_HANDSHAKE:
        return "handshake";
    case RESULTS_MESSAGE:
        return "message";
    case RESULTS_LOCATION:
        return "location";
    case RESULTS_STEPS:
        break;
    }
    return "?";
}
