#include "loadtest/report/html_tables.h"

#include "base/clock.h"
#include "loadtest/report/chart.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"
#include "loadtest/report/html_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void write_thresholds(FILE *to, const struct judgement *j)
{
    static const char *const columns[] = {"", "measured", "allowed", ""};
    char actual[THRESHOLD_TEXT], limit[THRESHOLD_TEXT];

    html_table_begin(to, "Thresholds", columns, COUNT(columns), true);
    for (unsigned i = 0; i < j->count; i++) {
        const struct threshold_outcome *o = &j->outcomes[i];

        html_table_row(to, threshold_name(o->kind));
        html_table_cell(to, HTML_NUMBER, threshold_actual(o, actual, FORMAT_US_SIGN));
        html_table_cell(to, HTML_WORDS, threshold_limit(o, limit, FORMAT_US_SIGN));
        html_table_cell(to, o->passed ? HTML_PASS : HTML_FAIL, o->passed ? "met" : "missed");
        html_table_end_row(to);
    }
    html_table_end(to);
}

static void write_duration(FILE *to, const char *name, uint64_t nanoseconds)
{
    char text[FORMAT_TEXT];

    html_table_pair(to, name, HTML_NUMBER, format_duration(text, nanoseconds, FORMAT_US_SIGN));
}

static void write_latency(FILE *to, const struct results *r)
{
    char title[FIGURES_SENTENCE];

    if (!histogram_count(&r->latency))
        return;
    snprintf(title, sizeof(title), "Latency, from %s", figures_latency_from(r));
    html_table_begin(to, title, NULL, 0, false);
    for (size_t i = 0; i < FIGURES_QUANTILES; i++)
        write_duration(
            to, figures_quantiles[i].name,
            results_quantile(&r->latency, figures_quantiles[i].fraction, r->latency_max));
    write_duration(to, "max", r->latency_max);
    write_duration(to, "mean", (uint64_t)figures_mean_latency(r));
    html_table_end(to);
}

static void write_delay(FILE *to, const char *name, const struct results_delay *d)
{
    char text[FORMAT_TEXT];

    if (!histogram_count(&d->times))
        return;
    html_table_row(to, name);
    for (size_t i = 0; i < FIGURES_QUANTILES; i++)
        html_table_cell(
            to, HTML_NUMBER,
            format_duration(text,
                            results_quantile(&d->times, figures_quantiles[i].fraction, d->max),
                            FORMAT_US_SIGN));
    html_table_cell(to, HTML_NUMBER, format_duration(text, d->max, FORMAT_US_SIGN));
    html_table_end_row(to);
}

static void write_delays(FILE *to, const struct results *r)
{
    static const char *const columns[] = {"", "p50", "p90", "p99", "p99.9", "max"};

    if (!histogram_count(&r->read_late.times))
        return;
    html_table_begin(to, "Of the latency by simgate-load itself", columns, COUNT(columns), true);
    write_delay(to, "sent late", &r->sent_late);
    write_delay(to, "read late", &r->read_late);
    html_table_end(to);
}

struct counted {
    const char *name;
    uint64_t count;
    bool always; /* a 0 is shown too */
};

static void write_counts(FILE *to, const char *title, const struct counted *rows, size_t count,
                         uint64_t whole)
{
    bool begun = false;
    char text[FORMAT_TEXT];

    for (size_t i = 0; i < count; i++) {
        if (!rows[i].count && !rows[i].always)
            continue;
        if (!begun)
            html_table_begin(to, title, NULL, 0, false);
        begun = true;
        html_table_row(to, rows[i].name);
        html_table_cell(to, HTML_NUMBER, format_count(text, rows[i].count));
        if (whole)
            html_table_cell(to, HTML_NUMBER,
                            format_share(text, (double)rows[i].count / (double)whole));
        html_table_end_row(to);
    }
    if (begun)
        html_table_end(to);
}

static void write_operations(FILE *to, const struct results *r)
{
    const struct results_totals *t = &r->totals;
    const struct counted rows[] = {
        {"sent", t->sent, true},
        {"succeeded", t->succeeded, true},
        {"refused with another code", t->refused, false},
        {"rejected with a reset", t->rejected, false},
        {"failed handshakes", t->failed_handshakes, false},
        {"timeouts", t->timeouts, true},
        {"open at the end", t->open, false},
        {"due, but never started", t->unsent, false},
        {"started late: no free device", t->blocked, false},
        {"started late: simgate-load was slow", t->late, false},
    };

    write_counts(to, "Operations", rows, COUNT(rows), t->sent + t->unsent);
}

static void write_handshakes(FILE *to, const struct results *r)
{
    const struct counted rows[] = {
        {"full", r->totals.handshakes_full, true},
        {"offered to resume", r->totals.handshakes_offered, true},
        {"resumed", r->totals.handshakes_resumed, true},
    };

    if (r->resumes)
        write_counts(to, "Handshakes", rows, COUNT(rows), 0);
}

static void write_datagrams(FILE *to, const struct results *r)
{
    const struct results_totals *t = &r->totals;
    const struct counted rows[] = {
        {"sent", t->datagrams_sent, true},
        {"received", t->datagrams_received, true},
        {"retransmissions", t->retransmissions, true},
        {"acknowledged separately", t->acknowledged, false},
        {"repeated responses", t->repeated, false},
        {"answers after giving up", t->late_answers, false},
        {"nobody waited for", t->strays, false},
        {"dropped at our own sockets", t->kernel_drops, false},
        {"sent twice on purpose", t->duplicates, false},
        {"malformed on purpose", t->malformed, false},
        {"resets to malformed ones", t->malformed_resets, false},
        {"moves to another port", t->rebinds, false},
        {"overtaken on purpose", t->reordered, false},
        {"lost on purpose, going out", t->dropped_out, false},
        {"lost on purpose, coming in", t->dropped_in, false},
    };

    write_counts(to, "Datagrams", rows, COUNT(rows), 0);
}

static void write_codes(FILE *to, const struct results *r)
{
    uint64_t total = 0;
    char name[FIGURES_CODE], text[FORMAT_TEXT];

    for (unsigned code = 0; code < 256; code++)
        total += r->totals.codes[code];
    if (!total)
        return;
    html_table_begin(to, "Responses by code", NULL, 0, false);
    for (unsigned code = 0; code < 256; code++) {
        uint64_t count = r->totals.codes[code];

        if (!count)
            continue;
        html_table_row(to, figures_code(name, code));
        html_table_cell(to, HTML_NUMBER, format_count(text, count));
        html_table_cell(to, HTML_NUMBER, format_share(text, (double)count / (double)total));
        html_table_end_row(to);
    }
    html_table_end(to);
}

static void write_verification(FILE *to, const struct results *r)
{
    const struct results_verification *v = &r->verification;
    const struct counted rows[] = {
        {"acknowledged", v->acknowledged, true},
        {"of them delivered", v->delivered, true},
        {"of them lost", v->lost, true},
        {"delivered, not acknowledged", v->unacknowledged, true},
        {"delivered more than once", v->duplicated, true},
        {"delivered, but never sent", v->unknown, false},
        {"publications of others", v->foreign, false},
        {"reconnections to the broker", v->reconnects, false},
    };

    if (v->state != RESULTS_NOT_VERIFIED)
        write_counts(to, "Verification, messages", rows, COUNT(rows), 0);
}

static void write_cpu(FILE *to, const struct results *r)
{
    static const char *const columns[] = {"", "an operation", "of a core"};
    char text[FORMAT_TEXT];

    if (!r->measured_answered)
        return;
    html_table_begin(to, "Processor time", columns, COUNT(columns), false);
    for (int server = r->server_measured; server >= 0; server--) {
        double each = server ? figures_server_cpu(r) : figures_own_cpu(r);

        html_table_row(to, server ? "server" : "simgate-load");
        html_table_cell(to, HTML_NUMBER,
                        format_duration(text, (uint64_t)(each + 0.5), FORMAT_US_SIGN));
        html_table_cell(to, HTML_NUMBER,
                        format_share(text, server ? figures_server_load(r) : figures_own_load(r)));
        html_table_end_row(to);
    }
    html_table_end(to);
}

static void write_step(FILE *to, enum results_step step, const struct results_step_totals *s)
{
    const uint64_t counts[] = {s->started, s->succeeded, s->failed, s->timeouts,
                               s->retransmissions};
    const uint64_t latencies[] = {results_quantile(&s->latency, 0.5, s->latency_max),
                                  results_quantile(&s->latency, 0.99, s->latency_max),
                                  s->latency_max};
    char text[FORMAT_TEXT];

    html_table_row(to, results_step_name(step));
    for (size_t i = 0; i < COUNT(counts); i++)
        html_table_cell(to, HTML_NUMBER, format_count(text, counts[i]));
    for (size_t i = 0; i < COUNT(latencies); i++)
        html_table_cell(to, HTML_NUMBER, format_duration(text, latencies[i], FORMAT_US_SIGN));
    html_table_end_row(to);
}

static void write_steps(FILE *to, const struct results *r)
{
    static const char *const columns[] = {
        "", "started", "succeeded", "failed", "timeouts", "retransmissions", "p50", "p99", "max"};

    html_table_begin(to, "Steps", columns, COUNT(columns), true);
    for (enum results_step step = 0; step < RESULTS_STEPS; step++)
        if (figures_has_step(r, step))
            write_step(to, step, &r->steps[step]);
    html_table_end(to);
}

void html_tables_results(FILE *to, const struct results *r, const struct judgement *j)
{
    unsigned steps = 0;

    for (enum results_step step = 0; step < RESULTS_STEPS; step++)
        steps += figures_has_step(r, step);
    fputs("<h2>Figures</h2>\n<div class=\"tables\">\n", to);
    write_thresholds(to, j);
    if (steps > 1) /* one says nothing new */
        write_steps(to, r);
    write_delays(to, r);
    write_latency(to, r);
    write_operations(to, r);
    write_verification(to, r);
    write_handshakes(to, r);
    write_codes(to, r);
    write_datagrams(to, r);
    write_cpu(to, r);
    fputs("</div>\n", to);
}

static void write_pairs(FILE *to, const char *title, const struct results_pair *pairs,
                        uint32_t count)
{
    if (!count)
        return;
    html_table_begin(to, title, NULL, 0, false);
    for (uint32_t i = 0; i < count; i++)
        html_table_pair(to, pairs[i].name, HTML_TEXT, pairs[i].value);
    html_table_end(to);
}

void html_tables_setup(FILE *to, const struct results *r)
{
    if (!r->setting_count && !r->machine_count)
        return;
    fputs("<h2>Settings and machine</h2>\n<div class=\"tables\">\n", to);
    write_pairs(to, "Settings", r->settings, r->setting_count);
    write_pairs(to, "Machine", r->machine, r->machine_count);
    fputs("</div>\n", to);
}

static void write_point(FILE *to, const struct series_point *p, double end)
{
    const double rates[] = {p->sent, p->answered, p->errors, p->retransmissions};
    const double latencies[] = {p->p50, p->p99, p->latency_max};
    char text[FORMAT_TEXT];

    html_table_row(to, chart_time_label(text, p->from, end));
    for (size_t i = 0; i < COUNT(rates); i++)
        html_table_cell(to, HTML_NUMBER, format_number(text, rates[i]));
    for (size_t i = 0; i < COUNT(latencies); i++)
        html_table_cell(
            to, HTML_NUMBER,
            format_duration(text, (uint64_t)(latencies[i] * CLOCK_SECOND + 0.5), FORMAT_US_SIGN));
    html_table_cell(to, HTML_NUMBER, format_count(text, p->in_flight));
    html_table_end_row(to);
}

void html_tables_series(FILE *to, const struct series *s)
{
    static const char *const columns[] = {
        "from", "sent/s", "answered/s", "errors/s", "retransmissions/s",
        "p50",  "p99",    "max",        "open"};

    fputs("<section class=\"screen\"><h2>Second by second</h2>\n<details><summary>The charts’ "
          "figures as a table</summary>\n",
          to);
    html_table_begin(to, "Over time", columns, COUNT(columns), true);
    for (uint32_t i = 0; i < s->count; i++)
        write_point(to, &s->points[i], s->end);
    html_table_end(to);
    fputs("</details></section>\n", to);
}
