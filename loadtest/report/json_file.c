#include "loadtest/report/json_file.h"

#include "base/clock.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"
#include "loadtest/report/json_writer.h"
#include "loadtest/report/warnings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void write_pairs(struct json_writer *w, const char *key, const struct results_pair *pairs,
                        uint32_t count)
{
    json_writer_object(w, key);
    for (uint32_t i = 0; i < count; i++)
        json_writer_text(w, pairs[i].name, pairs[i].value);
    json_writer_end_object(w);
}

static void write_warnings(struct json_writer *w, const struct results *r)
{
    char texts[WARNINGS_MAX][WARNINGS_TEXT];
    unsigned count = warnings_of(r, texts);

    json_writer_array(w, "warnings");
    for (unsigned i = 0; i < count; i++)
        json_writer_text(w, NULL, texts[i]);
    json_writer_end_array(w);
}

static void write_run(struct json_writer *w, const struct results *r)
{
    char text[FORMAT_TEXT];

    json_writer_text(w, "schema", JSON_FILE_SCHEMA);
    json_writer_text(w, "version", SIMGATE_VERSION);
    json_writer_text(w, "started", format_timestamp(text, r->wall_ms));
    json_writer_bool(w, "complete", r->end == RESULTS_COMPLETE);
    write_pairs(w, "settings", r->settings, r->setting_count);
    write_pairs(w, "machine", r->machine, r->machine_count);
    write_warnings(w, r);
}

static void write_measured(struct json_writer *w, const struct results *r)
{
    json_writer_object(w, "measured");
    json_writer_seconds(w, "seconds", r->elapsed);
    json_writer_seconds(w, "preparation_seconds", r->prepared);
    json_writer_count(w, "answered", r->measured_answered);
    json_writer_number(w, "answered_per_second", figures_throughput(r));
    json_writer_number(w, "retransmissions_per_operation", figures_retransmissions(r));
    json_writer_seconds(w, "lateness_max_seconds", r->totals.lateness_max);
    json_writer_seconds(w, "own_cpu_seconds", r->own_cpu);
    if (r->server_measured) {
        json_writer_seconds(w, "server_cpu_seconds", r->server_cpu);
        json_writer_number(w, "server_cpu_us_per_answered",
                           figures_server_cpu(r) / CLOCK_MICROSECOND);
    } else {
        json_writer_null(w, "server_cpu_seconds");
        json_writer_null(w, "server_cpu_us_per_answered");
    }
    json_writer_end_object(w);
}

struct named_count {
    const char *name;
    uint64_t value;
};

static void write_counts(struct json_writer *w, const char *key, const struct named_count *counts,
                         size_t count)
{
    json_writer_object(w, key);
    for (size_t i = 0; i < count; i++)
        json_writer_count(w, counts[i].name, counts[i].value);
    json_writer_end_object(w);
}

static void write_operations(struct json_writer *w, const struct results *r)
{
    const struct results_totals *t = &r->totals;
    const struct named_count counts[] = {
        {"due", t->due},
        {"sent", t->sent},
        {"unsent", t->unsent},
        {"answered", t->answered},
        {"succeeded", t->succeeded},
        {"refused", t->refused},
        {"rejected", t->rejected},
        {"failed_handshakes", t->failed_handshakes},
        {"timeouts", t->timeouts},
        {"open_at_end", t->open},
        {"blocked", t->blocked},
        {"late", t->late},
        {"devices", r->devices},
        {"devices_ready", r->devices_ready},
        {"message_ids_overused", t->ids_overused},
    };

    write_counts(w, "operations", counts, sizeof(counts) / sizeof(counts[0]));
}

static void write_handshakes(struct json_writer *w, const struct results *r)
{
    const struct named_count counts[] = {
        {"full", r->totals.handshakes_full},
        {"resumed", r->totals.handshakes_resumed},
        {"offered", r->totals.handshakes_offered},
    };

    write_counts(w, "handshakes", counts, sizeof(counts) / sizeof(counts[0]));
}

static void write_traffic(struct json_writer *w, const struct results *r)
{
    const struct results_totals *t = &r->totals;
    const struct named_count counts[] = {
        {"sent", t->datagrams_sent},
        {"received", t->datagrams_received},
        {"retransmissions", t->retransmissions},
        {"acknowledged_separately", t->acknowledged},
        {"repeated_responses", t->repeated},
        {"late_answers", t->late_answers},
        {"strays", t->strays},
        {"own_kernel_drops", t->kernel_drops},
        {"duplicates", t->duplicates},
        {"malformed", t->malformed},
        {"malformed_resets", t->malformed_resets},
        {"rebinds", t->rebinds},
        {"reordered", t->reordered},
        {"dropped_out", t->dropped_out},
        {"dropped_in", t->dropped_in},
    };

    write_counts(w, "datagrams", counts, sizeof(counts) / sizeof(counts[0]));
}

static void write_codes(struct json_writer *w, const struct results *r)
{
    uint64_t echoed = 0;

    json_writer_object(w, "codes");
    for (unsigned code = 0; code < 256; code++) {
        char name[FIGURES_CODE];

        if (code >> 5 < 2) /* no response's */
            echoed += r->totals.codes[code];
        else if (r->totals.codes[code])
            json_writer_count(w, figures_code(name, code), r->totals.codes[code]);
    }
    if (echoed)
        json_writer_count(w, "echoed", echoed);
    json_writer_end_object(w);
}

static void write_quantiles(struct json_writer *w, const struct histogram *h, uint64_t max)
{
    for (size_t i = 0; i < FIGURES_QUANTILES; i++)
        json_writer_seconds(w, figures_quantiles[i].name,
                            results_quantile(h, figures_quantiles[i].fraction, max));
    json_writer_seconds(w, "max", max);
}

/* [upper bound in seconds, how many], from the first bucket that is not empty to the last. */
static void write_buckets(struct json_writer *w, const struct histogram *h)
{
    json_writer_array(w, "buckets");
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (!h->counts[i])
            continue;
        json_writer_on_one_line(w);
        json_writer_array(w, NULL);
        json_writer_seconds(w, NULL, histogram_upper_bound(i));
        json_writer_count(w, NULL, h->counts[i]);
        json_writer_end_array(w);
    }
    json_writer_end_array(w);
}

static void write_latency(struct json_writer *w, const struct results *r)
{
    json_writer_object(w, "latency_seconds");
    json_writer_text(w, "from", r->open_loop ? "schedule" : "sending");
    json_writer_count(w, "count", histogram_count(&r->latency));
    json_writer_number(w, "mean", figures_mean_latency(r) / CLOCK_SECOND);
    write_quantiles(w, &r->latency, r->latency_max);
    write_buckets(w, &r->latency);
    json_writer_end_object(w);
}

static void write_delay(struct json_writer *w, const char *key, const struct results_delay *d)
{
    json_writer_object(w, key);
    json_writer_count(w, "count", histogram_count(&d->times));
    write_quantiles(w, &d->times, d->max);
    json_writer_end_object(w);
}

static void write_generator(struct json_writer *w, const struct results *r)
{
    json_writer_object(w, "generator");
    write_delay(w, "sent_late_seconds", &r->sent_late);
    write_delay(w, "read_late_seconds", &r->read_late);
    json_writer_end_object(w);
}

static void write_steps(struct json_writer *w, const struct results *r)
{
    json_writer_object(w, "steps");
    for (enum results_step step = 0; step < RESULTS_STEPS; step++) {
        const struct results_step_totals *s = &r->steps[step];

        if (!figures_has_step(r, step))
            continue;
        json_writer_object(w, results_step_name(step));
        json_writer_count(w, "started", s->started);
        json_writer_count(w, "succeeded", s->succeeded);
        json_writer_count(w, "failed", s->failed);
        json_writer_count(w, "timeouts", s->timeouts);
        json_writer_count(w, "retransmissions", s->retransmissions);
        json_writer_object(w, "latency_seconds");
        write_quantiles(w, &s->latency, s->latency_max);
        json_writer_end_object(w);
        json_writer_end_object(w);
    }
    json_writer_end_object(w);
}

static void write_second(struct json_writer *w, const struct results_second *s,
                         bool server_measured)
{
    json_writer_on_one_line(w);
    json_writer_object(w, NULL);
    json_writer_seconds(w, "seconds", s->length);
    json_writer_count(w, "sent", s->sent);
    json_writer_count(w, "answered", s->answered);
    json_writer_count(w, "errors", s->errors);
    json_writer_count(w, "retransmissions", s->retransmissions);
    json_writer_count(w, "in_flight", s->in_flight);
    json_writer_seconds(w, "p50", s->p50);
    json_writer_seconds(w, "p99", s->p99);
    json_writer_seconds(w, "max", s->latency_max);
    json_writer_seconds(w, "own_cpu_seconds", s->own_cpu);
    if (server_measured)
        json_writer_seconds(w, "server_cpu_seconds", s->server_cpu);
    else
        json_writer_null(w, "server_cpu_seconds");
    json_writer_end_object(w);
}

static void write_series(struct json_writer *w, const struct results *r)
{
    json_writer_array(w, "series");
    for (uint32_t i = 0; i < r->series_count; i++)
        write_second(w, &r->series[i], r->server_measured);
    json_writer_end_array(w);
}

static void write_names(struct json_writer *w, const char *key,
                        const char names[RESULTS_NAMES][RESULTS_NAME], uint32_t count)
{
    json_writer_array(w, key);
    for (uint32_t i = 0; i < count && i < RESULTS_NAMES; i++)
        json_writer_text(w, NULL, names[i]);
    json_writer_end_array(w);
}

static void write_verification(struct json_writer *w, const struct results *r)
{
    const struct results_verification *v = &r->verification;
    const char *states[] = {[RESULTS_NOT_VERIFIED] = "not_asked_for",
                            [RESULTS_VERIFIED] = v->lost ? "lost" : "delivered",
                            [RESULTS_VERIFY_IMPOSSIBLE] = "impossible"};

    json_writer_object(w, "verification");
    json_writer_text(w, "result", states[v->state]);
    json_writer_text(w, "problem", v->problem);
    json_writer_count(w, "acknowledged", v->acknowledged);
    json_writer_count(w, "delivered", v->delivered);
    json_writer_count(w, "lost", v->lost);
    json_writer_count(w, "unacknowledged", v->unacknowledged);
    json_writer_count(w, "duplicated", v->duplicated);
    json_writer_count(w, "unknown", v->unknown);
    json_writer_count(w, "foreign", v->foreign);
    json_writer_count(w, "reconnects", v->reconnects);
    json_writer_seconds(w, "waited_seconds", v->waited);
    write_names(w, "lost_names", v->lost_name, v->lost_names);
    write_names(w, "duplicated_names", v->duplicated_name, v->duplicated_names);
    json_writer_end_object(w);
}

/* In seconds where the threshold counts nanoseconds. */
static double in_unit(enum threshold_kind kind, double number)
{
    return strcmp(threshold_unit(kind), "seconds") == 0 ? number / CLOCK_SECOND : number;
}

static void write_thresholds(struct json_writer *w, const struct judgement *j)
{
    json_writer_array(w, "thresholds");
    for (unsigned i = 0; i < j->count; i++) {
        const struct threshold_outcome *o = &j->outcomes[i];

        json_writer_on_one_line(w);
        json_writer_object(w, NULL);
        json_writer_text(w, "name", threshold_option(o->kind));
        json_writer_text(w, "unit", threshold_unit(o->kind));
        json_writer_number(w, "limit", in_unit(o->kind, o->limit));
        if (o->known)
            json_writer_number(w, "actual", in_unit(o->kind, o->actual));
        else
            json_writer_null(w, "actual");
        json_writer_bool(w, "default", !o->asked);
        json_writer_bool(w, "passed", o->passed);
        json_writer_end_object(w);
    }
    json_writer_end_array(w);
}

int json_file_write(const char *path, const struct results *r, const struct judgement *j)
{
    FILE *file = fopen(path, "we");
    struct json_writer w = {.to = file};
    bool failed;

    if (!file)
        return -errno;
    json_writer_object(&w, NULL);
    write_run(&w, r);
    json_writer_bool(&w, "passed", j->passed);
    write_thresholds(&w, j);
    write_verification(&w, r);
    write_measured(&w, r);
    write_operations(&w, r);
    write_codes(&w, r);
    write_latency(&w, r);
    write_generator(&w, r);
    write_steps(&w, r);
    write_handshakes(&w, r);
    write_traffic(&w, r);
    write_series(&w, r);
    json_writer_end_object(&w);
    failed = ferror(file);
    if (fclose(file) != 0)
        return -errno;
    return failed ? -EIO : 0;
}
