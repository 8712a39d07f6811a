#include "loadtest/report.h"

#include "base/clock.h"
#include "loadtest/run.h"

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

/* A bucket's bound may lie beyond what was ever recorded. */
static uint64_t quantile(const struct tally *t, double fraction)
{
    uint64_t bound = histogram_quantile(&t->latency, fraction);

    return bound < t->latency_max ? bound : t->latency_max;
}

static double throughput(const struct run_measurement *m)
{
    return per((double)m->answered, seconds(m->elapsed));
}

static double server_us_per_request(const struct run_measurement *m)
{
    return per((double)m->server_cpu / (double)CLOCK_MICROSECOND, (double)m->answered);
}

static double retransmission_rate(const struct tally *t)
{
    return per((double)t->retransmissions, (double)t->sent);
}

void report_progress(struct report_progress *p, const struct driver *d, uint64_t now)
{
    const struct tally *t = &d->tally;
    double rate = per((double)(t->answered - p->answered), seconds(now - p->last));

    if (now < p->next)
        return;
    if (p->last)
        fprintf(stderr,
                CLEAR_LINE "%3.0f s  %" PRIu64 " sent  %.0f answered/s  %u open  %" PRIu64
                           " retransmissions  %" PRIu64 " failed",
                seconds(now - d->schedule.start), t->sent, rate, d->open, t->retransmissions,
                t->timeouts + t->resets + t->answered - t->succeeded);
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

static void print_codes(const struct driver *d)
{
    for (unsigned code = 0; code < 256; code++) {
        char name[32];

        snprintf(name, sizeof(name), d->options->echo ? "  echoed" : "  answered %u.%02u",
                 COAP_CODE_CLASS(code), COAP_CODE_DETAIL(code));
        print_trouble(name, d->tally.codes[code]);
    }
}

static void print_outcomes(const struct driver *d)
{
    const struct tally *t = &d->tally;

    print_count("requests sent", t->sent);
    print_codes(d);
    print_count("  timeouts", t->timeouts);
    print_count("  resets", t->resets);
    print_trouble("  open at the end", t->open);
    print_trouble("due, but no device was idle", t->unsent);
    printf("%-28s %12" PRIu64 "  (%.4f a request)\n", "retransmissions", t->retransmissions,
           retransmission_rate(t));
    print_trouble("acknowledged separately", t->acknowledged);
    print_trouble("repeated responses", t->repeated);
    print_trouble("stray datagrams", t->strays);
    print_trouble("dropped at our own sockets", sockets_kernel_drops(&d->sockets));
}

static void print_latency(const struct tally *t)
{
    double ms = (double)CLOCK_MILLISECOND;

    if (!t->answered)
        return;
    for (size_t i = 0; i < QUANTILES; i++)
        printf("latency %-20s %12.3f ms\n", quantiles[i].name,
               (double)quantile(t, quantiles[i].fraction) / ms);
    printf("latency %-20s %12.3f ms\n", "max", (double)t->latency_max / ms);
}

static void print_warnings(const struct driver *d, const struct run_measurement *m)
{
    uint32_t overused = driver_overused(d, m->elapsed);

    if (overused)
        printf("warning: %u devices used a Message ID again within %d s, so that the server may "
               "have taken\nnew requests for duplicates; use more devices\n",
               overused, COAP_EXCHANGE_LIFETIME);
}

void report_table(const struct driver *d, const struct run_measurement *m)
{
    print_outcomes(d);
    printf("%-28s %12.3f s\n", "measured", seconds(m->elapsed));
    printf("%-28s %12.0f /s\n", "throughput", throughput(m));
    print_latency(&d->tally);
    printf("%-28s %12.2f s\n", "our processor time", seconds(m->own_cpu));
    if (m->server_measured) {
        printf("%-28s %12.2f s\n", "server's processor time", seconds(m->server_cpu));
        printf("%-28s %12.3f us\n", "  per answered request", server_us_per_request(m));
    }
    print_warnings(d, m);
}

static void write_settings(FILE *f, const struct options *o)
{
    char target[NET_ADDRESS_TEXT];

    fprintf(f, "{\n  \"version\": %d,\n  \"target\": \"%s\",\n", JSON_VERSION,
            net_address_format(&o->target, target));
    fprintf(f, "  \"loop\": \"%s\",\n  \"rate\": %.3f,\n  \"window\": %u,\n",
            o->rate > 0 ? "open" : "closed", o->rate, o->rate > 0 ? 0 : o->window);
    fprintf(f, "  \"devices\": %u,\n  \"payload_bytes\": %u,\n", o->devices, o->payload);
    fprintf(f, "  \"confirmable\": %s,\n  \"echo\": %s,\n", o->confirmable ? "true" : "false",
            o->echo ? "true" : "false");
}

static void write_codes(FILE *f, const struct tally *t)
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

static void write_counts(FILE *f, const struct driver *d)
{
    const struct tally *t = &d->tally;
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"sent", t->sent},
        {"answered", t->answered},
        {"succeeded", t->succeeded},
        {"timeouts", t->timeouts},
        {"resets", t->resets},
        {"open_at_end", t->open},
        {"unsent", t->unsent},
        {"retransmissions", t->retransmissions},
        {"acknowledged_separately", t->acknowledged},
        {"repeated_responses", t->repeated},
        {"stray_datagrams", t->strays},
        {"own_kernel_drops", sockets_kernel_drops(&d->sockets)},
        {"datagrams_sent", d->sockets.datagrams_sent},
        {"datagrams_received", d->sockets.datagrams_received},
    };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        fprintf(f, "  \"%s\": %" PRIu64 ",\n", counts[i].name, counts[i].value);
}

static void write_measurement(FILE *f, const struct driver *d, const struct run_measurement *m)
{
    const struct tally *t = &d->tally;

    fputs("  \"latency_seconds\": {", f);
    for (size_t i = 0; i < QUANTILES; i++)
        fprintf(f, "\"%s\": %.9f, ", quantiles[i].name,
                seconds(quantile(t, quantiles[i].fraction)));
    fprintf(f, "\"max\": %.9f, \"mean\": %.9f},\n", seconds(t->latency_max),
            per(seconds(t->latency.sum), (double)t->answered));
    fprintf(f, "  \"measured_seconds\": %.6f,\n  \"measured_answered\": %" PRIu64 ",\n",
            seconds(m->elapsed), m->answered);
    fprintf(f, "  \"answered_per_second\": %.3f,\n", throughput(m));
    if (m->server_measured)
        fprintf(f, "  \"server_cpu_seconds\": %.3f,\n  \"server_cpu_us_per_answered\": %.4f,\n",
                seconds(m->server_cpu), server_us_per_request(m));
    fprintf(f, "  \"message_ids_overused\": %u,\n", driver_overused(d, m->elapsed));
    fprintf(f, "  \"own_cpu_seconds\": %.6f\n}\n", seconds(m->own_cpu));
}

int report_json(const char *path, const struct driver *d, const struct run_measurement *m)
{
    FILE *f = fopen(path, "we");
    int failed;

    if (!f)
        return -errno;
    write_settings(f, d->options);
    write_codes(f, &d->tally);
    write_counts(f, d);
    write_measurement(f, d, m);
    failed = ferror(f);
    if (fclose(f) != 0)
        return -errno;
    return failed ? -EIO : 0;
}
