#include "loadtest/report/table.h"

#include "loadtest/report/colour.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"
#include "loadtest/report/table_lines.h"
#include "loadtest/report/warnings.h"

static void print_head(struct table *t, const struct results *r)
{
    char text[FORMAT_TEXT];

    table_section(t, "Run");
    for (uint32_t i = 0; i < r->setting_count; i++)
        table_words(t, r->settings[i].name, "%s", r->settings[i].value);
    table_words(t, "measured", "%s%s", format_duration(text, r->elapsed, FORMAT_US_ASCII),
                r->end == RESULTS_INTERRUPTED ? ", interrupted" : "");
    if (r->prepared)
        table_words(t, "preparation", "%s", format_duration(text, r->prepared, FORMAT_US_ASCII));
}

static void print_throughput(struct table *t, const struct results *r)
{
    char rate[FORMAT_TEXT], share[FORMAT_TEXT], count[FORMAT_TEXT];

    table_section(t, "Throughput");
    table_figure(t, COLOUR_BOLD, "answered operations", "per second",
                 format_number(rate, figures_throughput(r)));
    format_share(share, figures_retransmissions(r));
    table_figure(t, r->totals.retransmissions ? COLOUR_WARNING : COLOUR_PLAIN, "retransmissions",
                 share, format_count(count, r->totals.retransmissions));
}

static void print_latency(struct table *t, const struct results *r)
{
    char text[FORMAT_TEXT];

    if (!histogram_count(&r->latency))
        return;
    table_section(t, "Latency, from %s", figures_latency_from(r));
    for (size_t i = 0; i < FIGURES_QUANTILES; i++)
        table_figure(t, COLOUR_PLAIN, figures_quantiles[i].name, "",
                     format_duration(text,
                                     results_quantile(&r->latency, figures_quantiles[i].fraction,
                                                      r->latency_max),
                                     FORMAT_US_ASCII));
    table_figure(t, COLOUR_PLAIN, "max", "",
                 format_duration(text, r->latency_max, FORMAT_US_ASCII));
}

static void print_delay(struct table *t, const char *name, const struct results_delay *d)
{
    char texts[FIGURES_QUANTILES + 1][FORMAT_TEXT];

    if (!histogram_count(&d->times))
        return;
    for (size_t i = 0; i < FIGURES_QUANTILES; i++)
        format_duration(texts[i],
                        results_quantile(&d->times, figures_quantiles[i].fraction, d->max),
                        FORMAT_US_ASCII);
    format_duration(texts[FIGURES_QUANTILES], d->max, FORMAT_US_ASCII);
    table_row(t, name, texts[0], texts[1], texts[2], texts[3], texts[4]);
}

static void print_delays(struct table *t, const struct results *r)
{
    if (!histogram_count(&r->read_late.times))
        return;
    table_section(t, "Of that by simgate-load itself");
    table_row(t, "", "p50", "p90", "p99", "p99.9", "max");
    print_delay(t, "sent late", &r->sent_late);
    print_delay(t, "read late", &r->read_late);
}

/* With its share of what was due. What is 0 in a run without trouble is left out of one. */
static void print_outcome(struct table *t, const struct results *r, const char *name,
                          uint64_t count, enum colour colour)
{
    uint64_t due = r->totals.sent + r->totals.unsent;
    char text[FORMAT_TEXT], share[FORMAT_TEXT];

    if (count == 0 && colour != COLOUR_PLAIN)
        return;
    format_share(share, due ? (double)count / (double)due : 0);
    table_figure(t, colour, name, share, format_count(text, count));
}

static void print_outcomes(struct table *t, const struct results *r)
{
    const struct results_totals *c = &r->totals;

    table_section(t, "Operations");
    print_outcome(t, r, "sent", c->sent, COLOUR_PLAIN);
    print_outcome(t, r, "succeeded", c->succeeded, COLOUR_PLAIN);
    print_outcome(t, r, "refused with another code", c->refused, COLOUR_BAD);
    print_outcome(t, r, "rejected with a reset", c->rejected, COLOUR_BAD);
    print_outcome(t, r, "failed handshakes", c->failed_handshakes, COLOUR_BAD);
    print_outcome(t, r, "timeouts", c->timeouts, COLOUR_BAD);
    print_outcome(t, r, "open at the end", c->open, COLOUR_BAD);
    print_outcome(t, r, "due, but never started", c->unsent, COLOUR_BAD);
    print_outcome(t, r, "started late: no free device", c->blocked, COLOUR_WARNING);
    print_outcome(t, r, "started late: we were slow", c->late, COLOUR_WARNING);
}

static void print_codes(struct table *t, const struct results *r)
{
    uint64_t total = 0;

    for (unsigned code = 0; code < 256; code++)
        total += r->totals.codes[code];
    if (total)
        table_section(t, "Responses by code");
    for (unsigned code = 0; code < 256; code++) {
        uint64_t count = r->totals.codes[code];
        char name[FIGURES_CODE], share[FORMAT_TEXT], text[FORMAT_TEXT];

        if (count)
            table_figure(t, code >> 5 < 3 ? COLOUR_PLAIN : COLOUR_BAD, figures_code(name, code),
                         format_share(share, (double)count / (double)total),
                         format_count(text, count));
    }
}

static void print_step(struct table *t, enum results_step step, const struct results_step_totals *s)
{
    char succeeded[FORMAT_TEXT], lost[FORMAT_TEXT], again[FORMAT_TEXT], p50[FORMAT_TEXT],
        p99[FORMAT_TEXT];

    table_row(
        t, results_step_name(step), format_count(succeeded, s->succeeded),
        format_count(lost, s->failed + s->timeouts), format_count(again, s->retransmissions),
        format_duration(p50, results_quantile(&s->latency, 0.5, s->latency_max), FORMAT_US_ASCII),
        format_duration(p99, results_quantile(&s->latency, 0.99, s->latency_max), FORMAT_US_ASCII));
}

/* Where there is one step, it says nothing new. */
static void print_steps(struct table *t, const struct results *r)
{
    unsigned steps = 0;

    for (enum results_step step = 0; step < RESULTS_STEPS; step++)
        steps += figures_has_step(r, step);
    if (steps < 2)
        return;
    table_section(t, "Steps");
    table_row(t, "", "succeeded", "failed", "retransm.", "p50", "p99");
    for (enum results_step step = 0; step < RESULTS_STEPS; step++)
        if (figures_has_step(r, step))
            print_step(t, step, &r->steps[step]);
}

static void print_handshakes(struct table *t, const struct results *r)
{
    char text[FORMAT_TEXT], offered[FORMAT_TEXT], note[FORMAT_TEXT + 16];

    if (!r->resumes)
        return;
    snprintf(note, sizeof(note), "of %s offered",
             format_count(offered, r->totals.handshakes_offered));
    table_section(t, "Handshakes");
    table_figure(t, COLOUR_BOLD, "resumed", note, format_count(text, r->totals.handshakes_resumed));
    table_figure(t, COLOUR_PLAIN, "full", "", format_count(text, r->totals.handshakes_full));
}

static void print_traffic(struct table *t, const struct results *r)
{
    const struct results_totals *c = &r->totals;
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {"acknowledged separately", c->acknowledged},
        {"repeated responses", c->repeated},
        {"answers after giving up", c->late_answers},
        {"datagrams nobody waited for", c->strays},
        {"dropped at our own sockets", c->kernel_drops},
        {"sent twice on purpose", c->duplicates},
        {"malformed on purpose", c->malformed},
        {"resets to malformed ones", c->malformed_resets},
        {"moves to another port", c->rebinds},
        {"overtaken on purpose", c->reordered},
        {"lost on purpose, going out", c->dropped_out},
        {"lost on purpose, coming in", c->dropped_in},
    };
    char text[FORMAT_TEXT];
    bool begun = false;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (!counts[i].count)
            continue;
        if (!begun)
            table_section(t, "Datagrams");
        begun = true;
        table_figure(t, COLOUR_PLAIN, counts[i].name, "", format_count(text, counts[i].count));
    }
}

static void print_cpu_of(struct table *t, const char *name, double each, double load)
{
    char text[FORMAT_TEXT], share[FORMAT_TEXT], note[FORMAT_TEXT + 16];

    snprintf(note, sizeof(note), "%s of a core", format_share(share, load));
    table_figure(t, COLOUR_PLAIN, name, note,
                 format_duration(text, (uint64_t)(each + 0.5), FORMAT_US_ASCII));
}

static void print_cpu(struct table *t, const struct results *r)
{
    if (!r->measured_answered)
        return;
    table_section(t, "Processor time by operation");
    if (r->server_measured)
        print_cpu_of(t, "server", figures_server_cpu(r), figures_server_load(r));
    print_cpu_of(t, "simgate-load", figures_own_cpu(r), figures_own_load(r));
}

static void print_warnings(struct table *t, const struct results *r)
{
    char texts[WARNINGS_MAX][WARNINGS_TEXT];
    unsigned count = warnings_of(r, texts);

    for (unsigned i = 0; i < count; i++)
        table_warning(t, texts[i]);
}

void table_print(FILE *to, const struct results *r, const struct judgement *j, bool colour)
{
    struct table t = {.to = to, .colour = colour};

    print_head(&t, r);
    print_throughput(&t, r);
    print_latency(&t, r);
    print_delays(&t, r);
    print_outcomes(&t, r);
    print_codes(&t, r);
    print_steps(&t, r);
    print_handshakes(&t, r);
    print_traffic(&t, r);
    print_cpu(&t, r);
    table_verdict(&t, r, j);
    print_warnings(&t, r);
}
