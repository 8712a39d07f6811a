#include "loadtest/report/charts.h"

#include "base/clock.h"
#include "loadtest/report/chart.h"
#include "loadtest/report/figure.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"

#include <stdbool.h>

/* Latencies on one chart that differ more than this are easier to read on a logarithmic scale. */
#define LINEAR_RANGE 25.0

static const char *label_number(char text[static FORMAT_TEXT], double value)
{
    return format_number(text, value);
}

static double sent(const struct series_point *p)
{
    return p->sent;
}

static double answered(const struct series_point *p)
{
    return p->answered;
}

static double errors(const struct series_point *p)
{
    return p->errors;
}

static double retransmissions(const struct series_point *p)
{
    return p->retransmissions;
}

static double p50(const struct series_point *p)
{
    return p->p50;
}

static double p99(const struct series_point *p)
{
    return p->p99;
}

static double latency_max(const struct series_point *p)
{
    return p->latency_max;
}

static double server_load(const struct series_point *p)
{
    return p->server_load;
}

static double own_load(const struct series_point *p)
{
    return p->own_load;
}

static double most(const struct series *s, chart_value value)
{
    double most = 0;

    for (uint32_t i = 0; i < s->count; i++)
        if (value(&s->points[i]) > most)
            most = value(&s->points[i]);
    return most;
}

/* "12 s to 13 s" is said as the second that it is: from its start. */
static void say_when(char text[static FORMAT_TEXT], const struct series_point *p)
{
    char label[FORMAT_TEXT];

    if (p->to - p->from > 1.6)
        snprintf(text, FORMAT_TEXT, "%s + %.0f s", chart_time_label(label, p->from, p->to),
                 p->to - p->from);
    else
        snprintf(text, FORMAT_TEXT, "%s", chart_time_label(label, p->from, p->to));
}

static void say_rates(char text[static CHART_TIP], const struct series_point *p)
{
    char when[FORMAT_TEXT], a[FORMAT_TEXT], b[FORMAT_TEXT], c[FORMAT_TEXT], d[FORMAT_TEXT];

    say_when(when, p);
    snprintf(text, CHART_TIP, "%s: %s answered/s, %s sent/s, %s errors/s, %s retransmissions/s",
             when, format_number(a, p->answered), format_number(b, p->sent),
             format_number(c, p->errors), format_number(d, p->retransmissions));
}

static uint64_t nanoseconds(double seconds)
{
    return (uint64_t)(seconds * CLOCK_SECOND + 0.5);
}

static void say_latencies(char text[static CHART_TIP], const struct series_point *p)
{
    char when[FORMAT_TEXT], a[FORMAT_TEXT], b[FORMAT_TEXT], c[FORMAT_TEXT];

    say_when(when, p);
    snprintf(text, CHART_TIP, "%s: p50 %s, p99 %s, max %s", when,
             format_duration(a, nanoseconds(p->p50), FORMAT_US_SIGN),
             format_duration(b, nanoseconds(p->p99), FORMAT_US_SIGN),
             format_duration(c, nanoseconds(p->latency_max), FORMAT_US_SIGN));
}

static void say_loads(char text[static CHART_TIP], const struct series_point *p)
{
    char when[FORMAT_TEXT], a[FORMAT_TEXT], b[FORMAT_TEXT];

    say_when(when, p);
    snprintf(text, CHART_TIP, "%s: server %s of a core, simgate-load %s", when,
             format_share(a, p->server_load), format_share(b, p->own_load));
}

/* What comes after the schedule is only waiting for answers. */
static void shade_draining(struct chart *c, const struct results *r, const struct series *s)
{
    double elapsed = (double)r->elapsed / (double)CLOCK_SECOND;

    if (elapsed > 0 && s->end - elapsed > 0.05)
        chart_shade(c, elapsed, "draining");
}

static void words_of(char text[static CHART_TIP], const struct series *s, const char *words,
                     const char *coarse)
{
    if (s->seconds > 1)
        snprintf(text, CHART_TIP, "%.100s; each point is %.100s of %u seconds", words, coarse,
                 s->seconds);
    else
        snprintf(text, CHART_TIP, "%.100s", words);
}

static void draw_throughput(FILE *to, bool wide, const struct results *r, const struct series *s)
{
    double peak = most(s, sent) > most(s, answered) ? most(s, sent) : most(s, answered);
    char description[CHART_TIP], a[FORMAT_TEXT], b[FORMAT_TEXT];
    struct chart c;

    snprintf(description, sizeof(description),
             "%s operations a second were answered on average, at most %s in one second.",
             format_number(a, figures_throughput(r)), format_number(b, most(s, answered)));
    chart_init(&c, wide, scale_from_zero(peak, CHART_Y_TICKS, 0, 0), label_number);
    chart_begin(&c, to, "throughput", "Throughput over time", description);
    chart_time_axis(&c, s->end);
    shade_draining(&c, r, s);
    chart_area(&c, s, "area a", answered);
    chart_line(&c, s, "line sent", sent, false);
    chart_line(&c, s, "line a", answered, false);
    chart_tips(&c, s, say_rates);
    chart_end(&c);
}

void charts_throughput(FILE *to, const struct results *r, const struct series *s)
{
    static const struct figure_key keys[] = {{"line a", "answered"}, {"line sent", "sent"}};
    char words[CHART_TIP];

    words_of(words, s, "Operations a second", "the mean");
    figure_begin(to, "Throughput", words, keys, 2);
    draw_throughput(to, true, r, s);
    draw_throughput(to, false, r, s);
    figure_end(to);
}

static void draw_trouble(FILE *to, bool wide, const struct results *r, const struct series *s)
{
    double peak =
        most(s, errors) > most(s, retransmissions) ? most(s, errors) : most(s, retransmissions);
    struct chart c;

    chart_init(&c, wide, scale_from_zero(peak, CHART_Y_TICKS, 0, 0), label_number);
    chart_begin(&c, to, "trouble", "Errors and retransmissions over time",
                "The totals are in the tables below.");
    chart_time_axis(&c, s->end);
    shade_draining(&c, r, s);
    chart_line(&c, s, "line b", retransmissions, false);
    chart_line(&c, s, "line bad", errors, false);
    chart_tips(&c, s, say_rates);
    chart_end(&c);
}

void charts_trouble(FILE *to, const struct results *r, const struct series *s)
{
    static const struct figure_key keys[] = {{"line bad", "errors"}, {"line b", "retransmissions"}};
    char words[CHART_TIP];

    words_of(words, s, "A second", "the mean");
    figure_begin(to, "Errors and retransmissions", words, keys, 2);
    draw_trouble(to, true, r, s);
    draw_trouble(to, false, r, s);
    figure_end(to);
}

/* From the least p50 to the highest maximum. */
static struct scale latency_scale(const struct series *s)
{
    double high = most(s, latency_max), low = high;

    for (uint32_t i = 0; i < s->count; i++)
        if (s->points[i].p50 > 0 && s->points[i].p50 < low)
            low = s->points[i].p50;
    return low > 0 && high > LINEAR_RANGE * low ? scale_log(low, high, 0, 0)
                                                : scale_from_zero(high, CHART_Y_TICKS, 0, 0);
}

static void draw_latency(FILE *to, bool wide, const struct results *r, const struct series *s)
{
    char description[CHART_TIP], a[FORMAT_TEXT], b[FORMAT_TEXT];
    struct chart c;

    snprintf(description, sizeof(description),
             "The highest p99 of a second was %s, the longest latency %s.",
             format_duration(a, nanoseconds(most(s, p99)), FORMAT_US_SIGN),
             format_duration(b, r->latency_max, FORMAT_US_SIGN));
    chart_init(&c, wide, latency_scale(s), format_whole_duration);
    chart_begin(&c, to, "latency", "Latency over time", description);
    chart_time_axis(&c, s->end);
    shade_draining(&c, r, s);
    chart_line(&c, s, "line max", latency_max, true);
    chart_line(&c, s, "line b", p99, true);
    chart_line(&c, s, "line a", p50, true);
    chart_dots(&c, s, "dot max", latency_max);
    chart_dots(&c, s, "dot b", p99);
    chart_dots(&c, s, "dot a", p50);
    chart_tips(&c, s, say_latencies);
    chart_end(&c);
}

void charts_latency(FILE *to, const struct results *r, const struct series *s)
{
    static const struct figure_key keys[] = {
        {"line a", "p50"}, {"line b", "p99"}, {"line max", "max"}};
    char words[CHART_TIP], from[100];

    snprintf(from, sizeof(from), "From %s%s", figures_latency_from(r),
             latency_scale(s).log ? ", logarithmic scale" : "");
    words_of(words, s, from, "the worst");
    figure_begin(to, "Latency over time", words, keys, 3);
    draw_latency(to, true, r, s);
    draw_latency(to, false, r, s);
    figure_end(to);
}

static void draw_load(FILE *to, bool wide, const struct results *r, const struct series *s)
{
    double peak =
        most(s, server_load) > most(s, own_load) ? most(s, server_load) : most(s, own_load);
    struct chart c;

    chart_init(&c, wide, scale_from_zero(peak > 1 ? peak : 1, CHART_Y_TICKS, 0, 0),
               format_whole_share);
    chart_begin(&c, to, "load", "Processor use over time",
                "Shares of one core, of the server and of simgate-load.");
    chart_time_axis(&c, s->end);
    shade_draining(&c, r, s);
    chart_line(&c, s, "line max", own_load, false);
    if (r->server_measured)
        chart_line(&c, s, "line a", server_load, false);
    chart_tips(&c, s, say_loads);
    chart_end(&c);
}

void charts_load(FILE *to, const struct results *r, const struct series *s)
{
    static const struct figure_key keys[] = {{"line max", "simgate-load"}, {"line a", "server"}};
    char words[CHART_TIP];

    words_of(words, s, "100 % is one core", "the mean");
    figure_begin(to, "Processor use", words, keys, r->server_measured ? 2 : 1);
    draw_load(to, true, r, s);
    draw_load(to, false, r, s);
    figure_end(to);
}
