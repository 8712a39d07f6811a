#include "loadtest/report.h"

#include "base/clock.h"
#include "workers/coap/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Erases the line of a terminal, and goes to its start. */
#define CLEAR_LINE "\r\033[K"

#define JSON_VERSION 1

static const struct {
    const char *name;
    double fraction;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

static double seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / (double)CLOCK_SECOND;
}

static double per(double amount, double divisor)
{
    return divisor > 0 ? amount / divisor : 0;
}

static double throughput(const struct results *r)
{
    return per((double)r->measured_answered, seconds(r->elapsed));
}

static double server_us_per_request(const struct results *r)
{
    return per((double)r->server_cpu / (double)CLOCK_MICROSECOND, (double)r->measured_answered);
}

static double retransmission_rate(const struct results_totals *t)
{
    return per((double)t->retransmissions, (double)t->sent);
}

void report_progress(struct report_progress *p, const struct results *r, uint64_t now)
{
    const struct results_totals *t = &r->totals;
    double rate = per((double)(t->answered - p->answered), seconds(now - p->last));

    if (now < p->next)
        return;
    if (p->last)
        fprintf(stderr,
                CLEAR_LINE "%3.0f s  %" PRIu64 " sent  %.0f answered/s  %u open  %" PRIu64
                           " retransmissions  %" PRIu64 " failed",
                seconds(now - r->start), t->sent, rate, (unsigned)r->in_flight, t->retransmissions,
                t->timeouts + t->rejected + t->failed_handshakes + t->refused);
    p->last = now;
    p->next = now + CLOCK_SECOND;
    p->answered = t->answered;
}

void report_end_progress(const struct report_progress *p)
{
    if (p->last)
        fputs(CLEAR_LINE, stderr);
}

static void print_count(const char *name, uint64_t count)
{
    printf("%-28s %12" PRIu64 "\n", name, count);
}

/* What is 0 in a run without trouble is shown only in one with it. */
static void print_trouble(const char *name, uint64_t count)
{
    if (count)
        print_count(name, count);
}

static void print_codes(const struct results *r)
{
    for (unsigned code = 0; code < 256; code++) {
        char name[32];

        snprintf(name, sizeof(name), "  answered %u.%02u", COAP_CODE_CLASS(code),
                 COAP_CODE_DETAIL(code));
        print_trouble(name, r->totals.codes[code]);
    }
}

static void print_outcomes(const struct results *r)
{
    const struct results_totals *t = &r->totals;

    print_count("requests sent", t->sent);
    print_codes(r);
    print_count("  timeouts", t->timeouts);
    print_count("  resets", t->rejected);
    print_trouble("  open at the end", t->open);
    print_trouble("due, but no device was idle", t->unsent);
    printf("%-28s %12" PRIu64 "  (%.4f a request)\n", "retransmissions", t->retransmissions,
           retransmission_rate(t));
    print_trouble("acknowledged separately", t->acknowledged);
    print_trouble("repeated responses", t->repeated);
    print_trouble("stray datagrams", t->strays);
    print_trouble("dropped at our own sockets", t->kernel_drops);
}

static void print_latency(const struct results *r)
{
    double ms = (double)CLOCK_MILLISECOND;

    if (!r->totals.answered)
        return;
    for (size_t i = 0; i < QUANTILES; i++)
        printf("latency %-20s %12.3f ms\n", quantiles[i].name,
               (double)results_quantile(&r->latency, quantiles[i].fraction, r->latency_max) / ms);
    printf("latency %-20s %12.3f ms\n", "max", (double)r->latency_max / ms);
}

static void print_verification(const struct results *r)
{
    const struct results_verification *v = &r->verification;

    if (v->state == RESULTS_NOT_VERIFIED)
        return;
    print_count("acknowledged messages", v->acknowledged);
    print_count("  delivered", v->delivered);
    print_count("  lost", v->lost);
    for (uint32_t i = 0; i < v->lost_names; i++)
        printf("    %s\n", v->lost_name[i]);
    print_trouble("delivered, not acknowledged", v->unacknowledged);
    print_trouble("delivered again", v->duplicated);
    print_trouble("delivered, never sent", v->unknown);
    if (v->state == RESULTS_VERIFY_IMPOSSIBLE)
        printf("not verified: %s\n", v->problem);
}

static void print_warnings(const struct results *r)
{
    uint32_t overused = r->totals.ids_overused;

    if (overused)
        printf("warning: %u devices used a Message ID again within %d s, so that the server may "
               "have taken\nnew requests for duplicates; use more devices\n",
               overused, COAP_EXCHANGE_LIFETIME);
}

void report_table(const struct results *r)
{
    print_outcomes(r);
    printf("%-28s %12.3f s\n", "measured", seconds(r->elapsed));
    printf("%-28s %12.0f /s\n", "throughput", throughput(r));
    print_latency(r);
    printf("%-28s %12.2f s\n", "our processor time", seconds(r->own_cpu));
    if (r->server_measured) {
        printf("%-28s %12.2f s\n", "server's processor time", seconds(r->server_cpu));
        printf("%-28s %12.3f us\n", "  per answered request", server_us_per_request(r));
    }
    print_verification(r);
    print_warnings(r);
}

static void write_settings(FILE *f, const struct results *r)
{
    fprintf(f, "{\n  \"version\": %d,\n", JSON_VERSION);
    for (uint32_t i = 0; i < r->setting_count; i++)
        fprintf(f, "  \"%s\": \"%s\",\n", r->settings[i].name, r->settings[i].value);
}

static void write_codes(FILE *f, const struct results_totals *t)
{
    const char *separator = "";

    fputs("  \"answered_by_code\": {", f);
    for (unsigned code = 0; code < 256; code++) {
        if (!t->codes[code])
            continue;
        fprintf(f, "%s\"%u.%02u\": %" PRIu64, separator, COAP_CODE_CLASS(code),
                COAP_CODE_DETAIL(code), t->codes[code]);
        separator = ", ";
    }
    fputs("},\n", f);
}

static void write_counts(FILE *f, const struct results *r)
{
    const struct results_totals *t = &r->totals;
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"sent", t->sent},
        {"answered", t->answered},
        {"succeeded", t->succeeded},
        {"timeouts", t->timeouts},
        {"resets", t->rejected},
        {"open_at_end", t->open},
        {"unsent", t->unsent},
        {"retransmissions", t->retransmissions},
        {"acknowledged_separately", t->acknowledged},
        {"repeated_responses", t->repeated},
        {"stray_datagrams", t->strays},
        {"own_kernel_drops", t->kernel_drops},
        {"datagrams_sent", t->datagrams_sent},
        {"datagrams_received", t->datagrams_received},
    };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        fprintf(f, "  \"%s\": %" PRIu64 ",\n", counts[i].name, counts[i].value);
}

struct named_count {
    const char *name;
    uint64_t value;
};

static void write_object(FILE *f, const char *name, const struct named_count *counts, size_t count)
{
    fprintf(f, "  \"%s\": {", name);
    for (size_t i = 0; i < count; i++)
        fprintf(f, "%s\"%s\": %" PRIu64, i ? ", " : "", counts[i].name, counts[i].value);
    fputs("},\n", f);
}

#define WRITE_OBJECT(f, name, counts)                                                              \
    write_object(f, name, counts, sizeof(counts) / sizeof((counts)[0]))

static void write_operations(FILE *f, const struct results *r)
{
    const struct results_totals *t = &r->totals;
    const struct named_count operations[] = {{"due", t->due},
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
                                             {"devices_ready", r->devices_ready}};
    const struct named_count datagrams[] = {{"sent", t->datagrams_sent},
                                            {"received", t->datagrams_received},
                                            {"retransmissions", t->retransmissions},
                                            {"repeated_responses", t->repeated},
                                            {"late_answers", t->late_answers},
                                            {"strays", t->strays},
                                            {"duplicates", t->duplicates},
                                            {"malformed", t->malformed},
                                            {"malformed_resets", t->malformed_resets},
                                            {"rebinds", t->rebinds},
                                            {"dropped_out", t->dropped_out},
                                            {"dropped_in", t->dropped_in}};

    WRITE_OBJECT(f, "operations", operations);
    WRITE_OBJECT(f, "datagrams", datagrams);
}

static void write_steps(FILE *f, const struct results *r)
{
    fputs("  \"steps\": {\n", f);
    for (int step = 0; step < RESULTS_STEPS; step++) {
        const struct results_step_totals *s = &r->steps[step];
        const struct named_count counts[] = {{"started", s->started},
                                             {"succeeded", s->succeeded},
                                             {"failed", s->failed},
                                             {"timeouts", s->timeouts},
                                             {"retransmissions", s->retransmissions}};

        WRITE_OBJECT(f, results_step_name((enum results_step)step), counts);
    }
    fputs("  \"end\": {}},\n", f);
}

static void write_names(FILE *f, const char *name, const char names[][RESULTS_NAME], uint32_t count)
{
    fprintf(f, "\"%s\": [", name);
    for (uint32_t i = 0; i < count; i++)
        fprintf(f, "%s\"%s\"", i ? ", " : "", names[i]);
    fputs("]", f);
}

static void write_verification(FILE *f, const struct results *r)
{
    const struct results_verification *v = &r->verification;
    const struct named_count counts[] = {{"acknowledged", v->acknowledged},
                                         {"delivered", v->delivered},
                                         {"lost", v->lost},
                                         {"unacknowledged", v->unacknowledged},
                                         {"duplicated", v->duplicated},
                                         {"unknown", v->unknown},
                                         {"foreign", v->foreign},
                                         {"reconnects", v->reconnects}};

    fputs("  \"verification\": {", f);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        fprintf(f, "\"%s\": %" PRIu64 ", ", counts[i].name, counts[i].value);
    write_names(f, "lost_names", v->lost_name, v->lost_names);
    fputs(", ", f);
    write_names(f, "duplicated_names", v->duplicated_name, v->duplicated_names);
    fprintf(f, ", \"problem\": \"%s\"},\n", v->problem);
}

static void write_measurement(FILE *f, const struct results *r)
{
    const struct results_totals *t = &r->totals;

    fputs("  \"latency_seconds\": {", f);
    for (size_t i = 0; i < QUANTILES; i++)
        fprintf(f, "\"%s\": %.9f, ", quantiles[i].name,
                seconds(results_quantile(&r->latency, quantiles[i].fraction, r->latency_max)));
    fprintf(f, "\"max\": %.9f, \"mean\": %.9f},\n", seconds(r->latency_max),
            per(seconds(r->latency.sum), (double)t->answered));
    fprintf(f, "  \"measured_seconds\": %.6f,\n  \"measured_answered\": %" PRIu64 ",\n",
            seconds(r->elapsed), r->measured_answered);
    fprintf(f, "  \"answered_per_second\": %.3f,\n", throughput(r));
    if (r->server_measured)
        fprintf(f, "  \"server_cpu_seconds\": %.3f,\n  \"server_cpu_us_per_answered\": %.4f,\n",
                seconds(r->server_cpu), server_us_per_request(r));
    fprintf(f, "  \"message_ids_overused\": %u,\n", r->totals.ids_overused);
    fprintf(f, "  \"own_cpu_seconds\": %.6f\n}\n", seconds(r->own_cpu));
}

int report_json(const char *path, const struct results *r)
{
    FILE *f = fopen(path, "we");
    int failed;

    if (!f)
        return -errno;
    write_settings(f, r);
    write_codes(f, &r->totals);
    write_counts(f, r);
    write_operations(f, r);
    write_steps(f, r);
    write_verification(f, r);
    write_measurement(f, r);
    failed = ferror(f);
    if (fclose(f) != 0)
        return -errno;
    return failed ? -EIO : 0;
}
