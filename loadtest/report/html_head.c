#include "loadtest/report/html_head.h"

#include "loadtest/report/escape.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"
#include "loadtest/report/warnings.h"

enum mood { MOOD_PLAIN, MOOD_GOOD, MOOD_BAD, MOOD_WARNING };

static void write_title(FILE *to, const struct results *r)
{
    char timestamp[FORMAT_TEXT], time[FORMAT_TEXT], devices[FORMAT_TEXT], duration[FORMAT_TEXT];

    fprintf(
        to,
        "<header>\n<p class=\"brand\">simgate-load %s · <time datetime=\"%s\">%s</time></p>\n<h1>",
        SIMGATE_VERSION, format_timestamp(timestamp, r->wall_ms), format_time(time, r->wall_ms));
    escape_html(to, figures_setting(r, "target", "Load test"));
    fputs("</h1>\n<p class=\"lead\">", to);
    escape_html(to, figures_setting(r, "scenario", "telemetry"));
    fprintf(to, " from %s device%s, %s, %s loop%s</p>\n</header>\n",
            format_count(devices, r->devices), r->devices == 1 ? "" : "s",
            format_duration(duration, r->elapsed, FORMAT_US_SIGN), r->open_loop ? "open" : "closed",
            r->end == RESULTS_INTERRUPTED ? ", interrupted" : "");
}

static void begin_verdict(FILE *to, enum mood mood, const char *sentence)
{
    static const char *const classes[] = {"", " good", " bad", " warning"};
    static const char *const signs[] = {"M7 12h10", "M7 12.5l3.5 3.5L17 9", "M8 8l8 8M16 8l-8 8",
                                        "M12 6.5v7M12 17v.1"};

    fprintf(to,
            "<div class=\"verdict%s\"><svg viewBox=\"0 0 24 24\" fill=\"none\" "
            "stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" "
            "stroke-linejoin=\"round\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" "
            "r=\"10.5\"/><path d=\"%s\"/></svg><div><strong>",
            classes[mood], signs[mood]);
    escape_html(to, sentence);
    fputs("</strong><p>", to);
}

static void end_verdict(FILE *to)
{
    fputs("</p></div></div>\n", to);
}

static void write_verification(FILE *to, const struct results *r)
{
    const struct results_verification *v = &r->verification;
    char sentence[FIGURES_SENTENCE], a[FORMAT_TEXT], b[FORMAT_TEXT], c[FORMAT_TEXT];
    enum mood mood = v->state == RESULTS_NOT_VERIFIED ? MOOD_PLAIN
                     : figures_verification_failed(r) ? MOOD_BAD
                                                      : MOOD_GOOD;

    begin_verdict(to, mood, figures_verdict(r, sentence));
    if (v->state == RESULTS_NOT_VERIFIED)
        fputs("with <code>--verify mqtt://HOST</code>, the broker is asked for every acknowledged "
              "message",
              to);
    else
        fprintf(to, "%s acknowledged, %s of them delivered; %s delivered more than once",
                format_count(a, v->acknowledged), format_count(b, v->delivered),
                format_count(c, v->duplicated));
    for (uint32_t i = 0; v->state == RESULTS_VERIFIED && i < v->lost_names; i++) {
        fputs(i ? ", <code>" : "<br>lost: <code>", to);
        escape_html(to, v->lost_name[i]);
        fputs("</code>", to);
    }
    if (v->state == RESULTS_VERIFIED && v->lost > v->lost_names)
        fputs(" …", to);
    end_verdict(to);
}

static void write_outcome(FILE *to, const struct threshold_outcome *o)
{
    char actual[THRESHOLD_TEXT], limit[THRESHOLD_TEXT];

    escape_html(to, threshold_name(o->kind));
    fputs(" ", to);
    escape_html(to, threshold_actual(o, actual, FORMAT_US_SIGN));
    if (!o->passed) {
        fputs(", allowed ", to);
        escape_html(to, threshold_limit(o, limit, FORMAT_US_SIGN));
    }
}

/* The defaults are no thresholds to somebody who asked for none. */
static void say_thresholds(char text[static FIGURES_SENTENCE], const struct results *r,
                           const struct judgement *j)
{
    unsigned asked = 0;

    for (unsigned i = 0; i < j->count; i++)
        asked += j->outcomes[i].asked;
    if (r->totals.sent + r->totals.unsent == 0)
        snprintf(text, FIGURES_SENTENCE, "nothing was sent");
    else if (!asked)
        snprintf(text, FIGURES_SENTENCE, "%s operation succeeded",
                 j->missed ? "not every" : "every");
    else if (!j->missed)
        snprintf(text, FIGURES_SENTENCE, "all thresholds were met");
    else
        snprintf(text, FIGURES_SENTENCE, "%u of %u thresholds %s missed", j->missed, j->count,
                 j->missed == 1 ? "was" : "were");
}

/* All that were met, or those that were missed. */
static void write_thresholds(FILE *to, const struct results *r, const struct judgement *j)
{
    char sentence[FIGURES_SENTENCE];
    bool follows = false;

    say_thresholds(sentence, r, j);
    begin_verdict(to, j->missed ? MOOD_BAD : MOOD_GOOD, sentence);
    for (unsigned i = 0; i < j->count; i++) {
        if (j->missed && j->outcomes[i].passed)
            continue;
        fputs(follows ? "; " : "", to);
        write_outcome(to, &j->outcomes[i]);
        follows = true;
    }
    end_verdict(to);
}

/* `unit` and `note` are ours, or made of numbers. */
static void write_card(FILE *to, enum mood mood, const char *name, const char *key,
                       const char *unit, const char *note)
{
    fprintf(to, "<div class=\"card%s\"><dt>%s</dt><dd class=\"key\">",
            mood == MOOD_BAD ? " bad" : "", name);
    escape_html(to, key);
    if (*unit)
        fprintf(to, " <small>%s</small>", unit);
    fputs("</dd><dd class=\"note\">", to);
    escape_html(to, note);
    fputs("</dd></div>\n", to);
}

static void write_latency_card(FILE *to, const struct results *r)
{
    char p50[FORMAT_TEXT], p99[FORMAT_TEXT], max[FORMAT_TEXT], note[4 * FORMAT_TEXT];

    if (!histogram_count(&r->latency)) {
        write_card(to, MOOD_PLAIN, "Latency, p99", "–", "", "nothing was answered");
        return;
    }
    snprintf(
        note, sizeof(note), "p50 %s, max %s",
        format_duration(p50, results_quantile(&r->latency, 0.5, r->latency_max), FORMAT_US_SIGN),
        format_duration(max, r->latency_max, FORMAT_US_SIGN));
    write_card(
        to, MOOD_PLAIN, "Latency, p99",
        format_duration(p99, results_quantile(&r->latency, 0.99, r->latency_max), FORMAT_US_SIGN),
        "", note);
}

static void write_success_card(FILE *to, const struct results *r)
{
    const struct results_totals *t = &r->totals;
    uint64_t due = t->sent + t->unsent;
    char share[FORMAT_TEXT], done[FORMAT_TEXT], all[FORMAT_TEXT], note[3 * FORMAT_TEXT];

    snprintf(note, sizeof(note), "%s of %s", format_count(done, t->succeeded),
             format_count(all, due));
    write_card(to, t->succeeded < due || due == 0 ? MOOD_BAD : MOOD_PLAIN, "Succeeded",
               format_share(share, due ? (double)t->succeeded / (double)due : 0), "", note);
}

static void write_cpu_card(FILE *to, const struct results *r)
{
    char key[FORMAT_TEXT], share[FORMAT_TEXT], note[2 * FORMAT_TEXT];

    if (!r->server_measured || !r->measured_answered)
        return;
    snprintf(note, sizeof(note), "server, %s of a core",
             format_share(share, figures_server_load(r)));
    write_card(to, MOOD_PLAIN, "CPU per operation",
               format_duration(key, (uint64_t)(figures_server_cpu(r) + 0.5), FORMAT_US_SIGN), "",
               note);
}

static void write_cards(FILE *to, const struct results *r)
{
    char rate[FORMAT_TEXT], share[FORMAT_TEXT], note[3 * FORMAT_TEXT];

    format_share(share, figures_retransmissions(r));
    snprintf(note, sizeof(note), "retransmissions %s", share);
    fputs("<dl class=\"cards\">\n", to);
    write_card(to, MOOD_PLAIN, "Throughput", format_number(rate, figures_throughput(r)), "/s",
               note);
    write_latency_card(to, r);
    write_success_card(to, r);
    write_cpu_card(to, r);
    fputs("</dl>\n", to);
}

static void write_warnings(FILE *to, const struct results *r)
{
    char texts[WARNINGS_MAX][WARNINGS_TEXT];
    unsigned count = warnings_of(r, texts);

    if (!count)
        return;
    begin_verdict(to, MOOD_WARNING, "the figures are to be doubted");
    for (unsigned i = 0; i < count; i++) {
        fputs(i ? "<br>" : "", to);
        escape_html(to, texts[i]);
    }
    end_verdict(to);
}

void html_head_write(FILE *to, const struct results *r, const struct judgement *j)
{
    write_title(to, r);
    write_cards(to, r);
    write_verification(to, r);
    write_thresholds(to, r, j);
    write_warnings(to, r);
}
