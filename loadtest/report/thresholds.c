#include "loadtest/report/thresholds.h"

#include "base/clock.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form { FORM_TIME, FORM_SHARE, FORM_RATE };

struct rule {
    const char *option, *name;
    enum form form;
    bool is_least; /* the limit is the least that passes, otherwise the most */
};

static const struct rule rules[THRESHOLD_KINDS] = {
    [THRESHOLD_LOSS] = {"max-loss", "loss", FORM_SHARE, false},
    [THRESHOLD_ERRORS] = {"max-errors", "errors", FORM_SHARE, false},
    [THRESHOLD_RETRANSMISSIONS] = {"max-retransmissions", "retransmissions", FORM_SHARE, false},
    [THRESHOLD_RATE] = {"min-rate", "throughput", FORM_RATE, true},
    [THRESHOLD_P50] = {"max-p50", "latency p50", FORM_TIME, false},
    [THRESHOLD_P90] = {"max-p90", "latency p90", FORM_TIME, false},
    [THRESHOLD_P99] = {"max-p99", "latency p99", FORM_TIME, false},
    [THRESHOLD_P999] = {"max-p99.9", "latency p99.9", FORM_TIME, false},
    [THRESHOLD_MAX] = {"max-latency", "latency max", FORM_TIME, false},
    [THRESHOLD_CPU] = {"max-cpu", "CPU per operation", FORM_TIME, false},
};

const char *threshold_option(enum threshold_kind kind)
{
    return rules[kind].option;
}

const char *threshold_name(enum threshold_kind kind)
{
    return rules[kind].name;
}

const char *threshold_unit(enum threshold_kind kind)
{
    static const char *const units[] = {
        [FORM_TIME] = "seconds", [FORM_SHARE] = "share", [FORM_RATE] = "per_second"};

    return units[rules[kind].form];
}

/* What a number may be followed by, and what it is then. A time needs its unit, since there is none
 * that everybody would expect. Returns less than 0 where the form has no such unit. */
static double in_unit(enum form form, double number, const char *suffix)
{
    static const struct {
        enum form form;
        const char *suffix;
        double factor;
    } units[] = {
        {FORM_TIME, "ns", 1},
        {FORM_TIME, "us", CLOCK_MICROSECOND},
        {FORM_TIME, FORMAT_US_SIGN, CLOCK_MICROSECOND},
        {FORM_TIME, "ms", CLOCK_MILLISECOND},
        {FORM_TIME, "s", CLOCK_SECOND},
        {FORM_TIME, "m", 60 * CLOCK_SECOND},
        {FORM_TIME, "h", 3600 * CLOCK_SECOND},
        {FORM_SHARE, "%", 0.01},
        {FORM_SHARE, "", 1},
        {FORM_RATE, "", 1},
        {FORM_RATE, "/s", 1},
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (units[i].form == form && strcmp(units[i].suffix, suffix) == 0)
            return number * units[i].factor;
    return -1;
}

static int set(struct thresholds *t, enum threshold_kind kind, const char *value)
{
    const struct rule *rule = &rules[kind];
    char *end;
    double number = strtod(value, &end);
    double limit = in_unit(rule->form, number, end);

    /* strtod() also takes "nan", "-1" and "inf" */
    if (end == value || !(limit >= 0 && limit <= 1e18))
        return -EINVAL;
    /* more than everything is a percentage without its sign; only retransmissions can be more than
     * what they are a share of */
    if (rule->form == FORM_SHARE && kind != THRESHOLD_RETRANSMISSIONS && limit > 1)
        return -EINVAL;
    t->is_set[kind] = true;
    t->limit[kind] = limit;
    return 0;
}

/* THRESHOLD_KINDS: there is none. */
static enum threshold_kind find(const char *option)
{
    enum threshold_kind kind = 0;

    while (kind < THRESHOLD_KINDS && strcmp(rules[kind].option, option) != 0)
        kind++;
    return kind;
}

int thresholds_set(struct thresholds *t, const char *name, const char *value)
{
    enum threshold_kind kind = find(name);

    return kind < THRESHOLD_KINDS ? set(t, kind, value) : -ENOENT;
}

const char *thresholds_form(const char *name)
{
    static const char *const forms[] = {[FORM_TIME] = "a time such as 5ms or 200us",
                                        [FORM_SHARE] = "a share such as 0.1% or 0.001",
                                        [FORM_RATE] = "a number such as 10000"};
    enum threshold_kind kind = find(name);

    return kind < THRESHOLD_KINDS ? forms[rules[kind].form] : "?";
}

static void measure_latency(struct threshold_outcome *o, const struct results *r)
{
    static const double fractions[THRESHOLD_KINDS] = {[THRESHOLD_P50] = 0.5,
                                                      [THRESHOLD_P90] = 0.9,
                                                      [THRESHOLD_P99] = 0.99,
                                                      [THRESHOLD_P999] = 0.999};

    o->known = histogram_count(&r->latency) > 0;
    o->actual = o->kind == THRESHOLD_MAX
                    ? (double)r->latency_max
                    : (double)results_quantile(&r->latency, fractions[o->kind], r->latency_max);
}

static void measure(struct threshold_outcome *o, const struct results *r)
{
    o->known = r->totals.sent + r->totals.unsent > 0;
    switch (o->kind) {
    case THRESHOLD_LOSS:
        o->actual = figures_loss(r);
        break;
    case THRESHOLD_ERRORS:
        o->actual = figures_errors(r);
        break;
    case THRESHOLD_RETRANSMISSIONS:
        o->actual = figures_retransmissions(r);
        break;
    case THRESHOLD_RATE:
        o->actual = figures_throughput(r);
        break;
    case THRESHOLD_CPU:
        o->known = r->server_measured && r->measured_answered > 0;
        o->actual = figures_server_cpu(r);
        break;
    default:
        measure_latency(o, r);
        break;
    }
}

/* 0.7 % as a binary number is a little less than 7 by 1,000. */
#define SLACK 1e-9

static bool is_within(const struct threshold_outcome *o)
{
    return rules[o->kind].is_least ? o->actual >= o->limit * (1 - SLACK)
                                   : o->actual <= o->limit * (1 + SLACK);
}

unsigned thresholds_judge(const struct thresholds *t, const struct results *r,
                          struct threshold_outcome outcomes[static THRESHOLD_KINDS])
{
    unsigned count = 0;

    for (enum threshold_kind kind = 0; kind < THRESHOLD_KINDS; kind++) {
        struct threshold_outcome *o = &outcomes[count];

        if (!t->is_set[kind] && kind != THRESHOLD_LOSS && kind != THRESHOLD_ERRORS)
            continue;
        *o = (struct threshold_outcome){
            .kind = kind, .asked = t->is_set[kind], .limit = t->is_set[kind] ? t->limit[kind] : 0};
        measure(o, r);
        o->passed = o->known && is_within(o);
        count++;
    }
    return count;
}

static void write_number(enum form form, double number, char text[static THRESHOLD_TEXT],
                         const char *us)
{
    char rate[FORMAT_TEXT];

    switch (form) {
    case FORM_TIME:
        format_duration(text, (uint64_t)(number + 0.5), us);
        break;
    case FORM_SHARE:
        format_share(text, number);
        break;
    case FORM_RATE:
        format_number(rate, number);
        snprintf(text, THRESHOLD_TEXT, "%s /s", rate);
        break;
    }
}

const char *threshold_actual(const struct threshold_outcome *o, char text[static THRESHOLD_TEXT],
                             const char *us)
{
    if (o->known)
        write_number(rules[o->kind].form, o->actual, text, us);
    else
        snprintf(text, THRESHOLD_TEXT, "unknown");
    return text;
}

const char *threshold_limit(const struct threshold_outcome *o, char text[static THRESHOLD_TEXT],
                            const char *us)
{
    char number[THRESHOLD_TEXT];

    write_number(rules[o->kind].form, o->limit, number, us);
    snprintf(text, THRESHOLD_TEXT, "%s %.*s", rules[o->kind].is_least ? "at least" : "at most",
             FORMAT_TEXT, number);
    return text;
}
