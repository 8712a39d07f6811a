#include "gateway/metrics.h"

#include <inttypes.h>

/* Durations are printed with powers of two of nanoseconds as bounds: 16 µs to 69 s. */
#define FIRST_BOUND 14
#define LAST_BOUND  36

static void print_header(FILE *out, const struct counter_description *d)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", d->name, d->help, d->name,
            d->kind == COUNTER_GAUGE ? "gauge" : "counter");
}

static void print_counters(FILE *out, const struct counter_description *descriptions,
                           const uint64_t *sums, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct counter_description *d = &descriptions[i];

        if (d->help)
            print_header(out, d);
        if (*d->labels)
            fprintf(out, "%s{%s} %" PRIu64 "\n", d->name, d->labels, sums[i]);
        else
            fprintf(out, "%s %" PRIu64 "\n", d->name, sums[i]);
    }
}

static void add(uint64_t *sums, const uint64_t *counters, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        sums[i] += counter_read(&counters[i]);
}

static void print_receive_loops(FILE *out, const struct gateway *g)
{
    uint64_t sums[RECEIVE_COUNTERS] = {0};

    for (uint32_t i = 0; i < g->loop_count; i++) {
        receive_loop_gather(g->loops[i]);
        add(sums, receive_loop_counts(g->loops[i]), RECEIVE_COUNTERS);
    }
    print_counters(out, receive_counters, sums, RECEIVE_COUNTERS);
}

static void print_inboxes(FILE *out, const struct gateway *g)
{
    uint64_t depth = 0;

    for (uint32_t i = 0; i < g->worker_count; i++)
        for (uint32_t k = 0; k < g->loop_count; k++)
            depth += ring_depth(&worker_inbox(g->workers[i], k)->datagrams);
    fprintf(out,
            "# HELP simgate_inbox_datagrams Datagrams that wait for a worker.\n"
            "# TYPE simgate_inbox_datagrams gauge\n"
            "simgate_inbox_datagrams %" PRIu64 "\n",
            depth);
}

static void print_workers(FILE *out, const struct gateway *g)
{
    uint64_t coap[COAP_COUNTERS] = {0}, admission[ADMISSION_COUNTERS] = {0};
    uint64_t service[SERVICE_COUNTERS] = {0}, egress[EGRESS_COUNTERS] = {0};

    for (uint32_t i = 0; i < g->worker_count; i++) {
        const struct service *s = worker_service(g->workers[i]);

        add(coap, s->exchanges.counters, COAP_COUNTERS);
        add(admission, s->admission.counters, ADMISSION_COUNTERS);
        add(service, s->counters, SERVICE_COUNTERS);
        add(egress, worker_egress_counts(g->workers[i]), EGRESS_COUNTERS);
    }
    print_counters(out, coap_counters, coap, COAP_COUNTERS);
    print_counters(out, admission_counters, admission, ADMISSION_COUNTERS);
    print_counters(out, service_counters, service, SERVICE_COUNTERS);
    print_counters(out, egress_counters, egress, EGRESS_COUNTERS);
}

static void print_coaps(FILE *out, const struct gateway *g)
{
    uint64_t sums[DTLS_COUNTERS] = {0};
    uint32_t count;
    const struct counter_description *descriptions = coaps_counters(&count);

    for (uint32_t i = 0; i < g->worker_count; i++)
        coaps_count(worker_service(g->workers[i])->coaps, sums);
    print_counters(out, descriptions, sums, count);
}

static void print_responses(FILE *out, const struct gateway *g)
{
    uint64_t sums[256] = {0};

    for (uint32_t i = 0; i < g->worker_count; i++)
        add(sums, worker_service(g->workers[i])->exchanges.responses, 256);
    fputs("# HELP simgate_responses_total Requests that were answered, by code.\n"
          "# TYPE simgate_responses_total counter\n",
          out);
    for (int code = 0; code < 256; code++)
        if (sums[code])
            fprintf(out, "simgate_responses_total{code=\"%d.%02d\"} %" PRIu64 "\n",
                    COAP_CODE_CLASS(code), COAP_CODE_DETAIL(code), sums[code]);
}

static void print_histogram(FILE *out, const char *name, const char *resource,
                            const struct histogram *h)
{
    for (int bound = FIRST_BOUND; bound <= LAST_BOUND; bound++)
        fprintf(out, "%s_bucket{resource=\"%s\",le=\"%.9g\"} %" PRIu64 "\n", name, resource,
                (double)(UINT64_C(1) << bound) / 1e9,
                histogram_count_below(h, UINT64_C(1) << bound));
    fprintf(out, "%s_bucket{resource=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, resource,
            histogram_count(h));
    fprintf(out, "%s_sum{resource=\"%s\"} %.9f\n", name, resource, (double)h->sum / 1e9);
    fprintf(out, "%s_count{resource=\"%s\"} %" PRIu64 "\n", name, resource, histogram_count(h));
}

static void print_durations(FILE *out, const struct gateway *g)
{
    static const char name[] = "simgate_request_duration_seconds";
    static const char *const resources[RESOURCE_LABELS] = {
        [RESOURCE_NONE] = "none",
        [RESOURCE_TELEMETRY] = "telemetry",
        [RESOURCE_BOOTSTRAP] = "bootstrap",
        [RESOURCE_LOCATION] = "location",
        [RESOURCE_WELL_KNOWN_CORE] = "well_known_core",
    };

    fprintf(out,
            "# HELP %s From a request's arrival to its response, by resource.\n"
            "# TYPE %s histogram\n",
            name, name);
    for (int label = 0; label < RESOURCE_LABELS; label++) {
        struct histogram sum = {0};

        for (uint32_t i = 0; i < g->worker_count; i++)
            histogram_merge(&sum, &worker_service(g->workers[i])->resources.durations[label]);
        print_histogram(out, name, resources[label], &sum);
    }
}

static void print_publisher(FILE *out, const struct gateway *g)
{
    uint64_t sums[PUBLISHER_COUNTERS] = {0};

    publisher_count(g->publisher, sums);
    print_counters(out, publisher_counters, sums, PUBLISHER_COUNTERS);
}

static void print_store(FILE *out, const struct gateway *g)
{
    uint64_t sums[STORE_COUNTERS] = {0};

    store_count(g->store, sums);
    print_counters(out, store_counters, sums, STORE_COUNTERS);
}

static void print_process(FILE *out, const struct gateway *g)
{
    fprintf(out,
            "# HELP simgate_build_info The version that is running.\n"
            "# TYPE simgate_build_info gauge\n"
            "simgate_build_info{version=\"%s\"} 1\n",
            SIMGATE_VERSION);
    fprintf(out,
            "# HELP simgate_ready Whether the gateway is ready to serve (1) or not (0).\n"
            "# TYPE simgate_ready gauge\n"
            "simgate_ready %d\n",
            gateway_not_ready(g) == NULL);
    fprintf(
        out,
        "# HELP simgate_degraded Whether the gateway serves only the devices that it knows (1).\n"
        "# TYPE simgate_degraded gauge\n"
        "simgate_degraded %d\n",
        gateway_degraded(g) != NULL);
}

void metrics_print(FILE *out, const struct gateway *g)
{
    print_process(out, g);
    print_receive_loops(out, g);
    print_inboxes(out, g);
    print_workers(out, g);
    print_coaps(out, g);
    print_responses(out, g);
    print_durations(out, g);
    print_store(out, g);
    print_publisher(out, g);
}
