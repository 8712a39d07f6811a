#include "workers/service.h"

#include "base/clock.h"
#include "workers/requester.h"
#include "workers/resources/router.h"

#include <string.h>

#define CONFLICT_LOG_PERIOD (10 * CLOCK_SECOND)

#define DEGRADED "simgate_served_degraded_total"

#define EVENTS "simgate_error_events_total"

#define TRANSLATIONS "simgate_translations_total"

#define LOCATIONS "simgate_locations_reported_total"

#define CACHE "simgate_device_cache_lookups_total"

const struct counter_description service_counters[SERVICE_COUNTERS] = {
    [SERVICE_LOOKUPS] = {"simgate_store_lookups_total", "",
                         "Devices that the store was asked for."},
    [SERVICE_LOOKUPS_FAILED] = {"simgate_store_lookups_failed_total", "",
                                "Of these, the ones that the store did not answer."},
    [SERVICE_WITHOUT_LOOKUP] = {DEGRADED, "without=\"lookup\"",
                                "Requests that were served on though the store was gone, by what "
                                "had to do without it."},
    [SERVICE_WITHOUT_RESERVATION] = {DEGRADED, "without=\"reservation\""},
    [SERVICE_PARKING_REFUSED] = {"simgate_datagrams_not_parked_total", "",
                                 "Datagrams that found no room to wait for a look-up."},
    [SERVICE_DRAINED] = {"simgate_requests_drained_total", "",
                         "Requests that were ignored because the gateway was stopping."},
    [SERVICE_BLOCK1_EVICTED] = {"simgate_block1_evicted_total", "",
                                "Block1 transfers that the memory budget ended."},
    [SERVICE_CACHE_HITS] = {CACHE, "outcome=\"hit\"", "Devices looked for in a worker's cache."},
    [SERVICE_CACHE_STALE] = {CACHE, "outcome=\"stale\""},
    [SERVICE_CACHE_MISSES] = {CACHE, "outcome=\"miss\""},
    [SERVICE_CACHE_EVICTED] = {"simgate_device_cache_evicted_total", "",
                               "Devices that left a full cache."},
    [SERVICE_CACHE_DEVICES] = {"simgate_device_cache_entries", "", "Devices in the caches.",
                               COUNTER_GAUGE},
    [SERVICE_TRANSLATED] = {TRANSLATIONS, "outcome=\"translated\"",
                            "Payloads of devices that have a template, by what became of them."},
    [SERVICE_NOT_TRANSLATED] = {TRANSLATIONS, "outcome=\"unreadable\""},
    [SERVICE_WITHOUT_TEMPLATE] = {TRANSLATIONS, "outcome=\"no_template\""},
    [SERVICE_TEMPLATES_REFUSED] = {"simgate_templates_refused_total", "",
                                   "Templates in the store that did not compile."},
    [SERVICE_LOCATIONS] = {LOCATIONS, "outcome=\"stored\"",
                           "Locations that templates found in payloads, by what became of them."},
    [SERVICE_LOCATIONS_UNUSABLE] = {LOCATIONS, "outcome=\"unusable\""},
    [SERVICE_EVENTS_ACKNOWLEDGED] = {EVENTS, "outcome=\"acknowledged\"",
                                     "Error events, by what became of them."},
    [SERVICE_EVENTS_FAILED] = {EVENTS, "outcome=\"failed\""},
    [SERVICE_EVENTS_DROPPED] = {EVENTS, "outcome=\"dropped\""},
};

static void count(struct service *s, enum service_counter counter)
{
    counter_add(&s->counters[counter], 1);
}

static void receive_message(struct service *s, const struct arrival *a, struct dedup_place place)
{
    s->arrival = a;
    exchanges_receive(&s->exchanges, s->resources.now, &a->from, place, a->path, a->bytes,
                      a->length);
}

void service_receive_message(struct service *s, const struct arrival *a)
{
    receive_message(s, a, exchanges_place(&s->exchanges, &a->from, a->bytes, a->length));
}

/* Checks and hands over a request whose device, if it needs one, is known. */
static void serve(struct service *s, const struct resource *resource,
                  const struct resource_request *request, struct device_entry *e)
{
    struct exchange *x = request->exchange;
    uint8_t code = e ? admission_check(&s->admission, s->resources.now, e) : 0;

    if (!code)
        code = router_check(resource, request->message, request->options);
    if (!code && s->arrival->truncated)
        code = COAP_REQUEST_ENTITY_TOO_LARGE;
    if (code == COAP_BAD_OPTION && x->type == COAP_NON)
        exchange_discard(&s->exchanges, x); /* RFC 7252 §5.4.1 */
    else if (code)
        resource_respond_code(&s->resources, x, code);
    else
        resource->handle(&s->resources, request);
}

static void on_request(void *context, struct exchange *x, const struct coap_message *m)
{
    struct service *s = context;
    struct coap_request options;
    struct resource_request request = {.exchange = x, .message = m, .options = &options};
    const struct resource *resource;
    struct device_entry *e = NULL;
    uint8_t identity[16];

    if (s->draining) { /* the device sends again, and finds another gateway or the next one here */
        count(s, SERVICE_DRAINED);
        exchange_discard(&s->exchanges, x);
        return;
    }
    coap_request_read(&options, m);
    x->no_response = options.no_response;
    x->block1 = options.block1.present ? coap_block_encode(&options.block1) : COAP_ABSENT;
    resource = router_find(&options, *s->arrival->identity);
    x->label = resource->label;
    if (resource->needs_device || *s->arrival->identity) {
        e = requester_find(s, x);
        if (!e)
            return;
    } else if (!admission_identity(&s->admission, &x->path.peer, identity)) {
        resource_respond_code(&s->resources, x, COAP_UNAUTHORIZED);
        return;
    }
    if (resource->needs_device) {
        request.device = &e->device;
        request.order_key = e->order_key;
    }
    serve(s, resource, &request, resource->needs_device ? e : NULL);
}

static void on_expired(void *context, struct exchange *x)
{
    struct service *s = context;

    telemetry_expired(&s->resources, x);
}

static void on_conflict(void *context, const struct datagram_path *path)
{
    struct service *s = context;
    char peer[NET_ADDRESS_TEXT];
    uint64_t suppressed;

    if (log_limit_pass(&s->conflict_limit, s->resources.now, CONFLICT_LOG_PERIOD, &suppressed))
        log_warning(s->log, "%s used a Message ID again with other bytes (and %llu more such)",
                    net_address_format(&path->peer, peer), (unsigned long long)suppressed);
}

static void on_decrypted(void *context, const struct arrival *a)
{
    service_receive_message(context, a);
}

/* Where there is CoAPS, what is sent goes by it. */
static int open_coaps(struct service *s, const struct service_settings *settings,
                      struct coap_output *output)
{
    struct coaps_parts parts = {.resources = &s->resources,
                                .admission = &s->admission,
                                .sockets = &s->sockets,
                                .receive = on_decrypted,
                                .context = s};
    int error;

    s->secure_listeners = settings->secure_listeners;
    if (!s->secure_listeners)
        return 0;
    error = coaps_open(&s->coaps, &settings->dtls, &parts);
    if (!error)
        *output = coaps_output(s->coaps);
    return error;
}

int service_init(struct service *s, const struct service_settings *settings,
                 const struct coap_output *output, struct store_session *store,
                 struct publisher_lane *publisher, const struct log *log)
{
    struct exchange_handler handler = {
        .context = s, .request = on_request, .expired = on_expired, .conflict = on_conflict};
    struct coap_output layered = *output;
    int error;

    *s = (struct service){.log = log};
    s->resources.exchanges = &s->exchanges;
    s->resources.store = store;
    s->resources.publisher = publisher;
    s->resources.telemetry = &s->telemetry;
    s->resources.bootstrap = &s->bootstrap;
    s->resources.location_queries = &s->location_queries;
    s->resources.templates = &s->templates;
    s->resources.error_events = &s->error_events;
    s->resources.random = &s->random;
    s->resources.serves_degraded = settings->serves_degraded;
    s->sockets = *output;
    templates_init(&s->templates, store, log);
    error = random_source_init(&s->random);
    if (!error)
        error = open_coaps(s, settings, &layered);
    if (!error)
        error = exchanges_init(&s->exchanges, &settings->exchange, &layered, &handler, &s->random);
    if (!error)
        error = admission_init(&s->admission, &settings->admission);
    if (!error)
        error = telemetry_init(&s->telemetry, &settings->telemetry);
    if (!error)
        error = bootstrap_init(&s->bootstrap, &settings->bootstrap);
    if (!error)
        error = location_queries_init(&s->location_queries);
    if (!error)
        error = error_events_init(&s->error_events, &settings->error_event);
    if (!error)
        error = block1_init(&s->resources.block1, settings->block_memory,
                            settings->exchange.max_payload);
    return error ? error : parking_init(&s->parking);
}

void service_deinit(struct service *s)
{
    coaps_close(s->coaps);
    parking_deinit(&s->parking);
    block1_deinit(&s->resources.block1);
    error_events_deinit(&s->error_events);
    templates_deinit(&s->templates);
    location_queries_deinit(&s->location_queries);
    bootstrap_deinit(&s->bootstrap);
    telemetry_deinit(&s->telemetry);
    admission_deinit(&s->admission);
    exchanges_deinit(&s->exchanges);
}

void service_begin(struct service *s, uint64_t now, uint64_t wall_ms)
{
    s->resources.now = now;
    if (s->resources.wall.wall_ms != wall_ms)
        envelope_time_set(&s->resources.wall, wall_ms);
}

/* Where in the tables a plain datagram leads. */
struct way {
    struct coap_endpoint from;
    struct dedup_place remembered;
    uint32_t device;
};

/* The identity of IPv6 devices is not their address: for these a place is fetched in vain. */
static void find_way(const struct service *s, const struct datagram *d, struct way *way)
{
    way->from = coap_endpoint_of(&d->path.peer);
    way->remembered = exchanges_place(&s->exchanges, &way->from, d->bytes, d->length);
    way->device = device_cache_place(&s->admission.registered, d->path.peer.ip);
}

static void receive(struct service *s, const struct datagram *d, const struct way *way)
{
    struct arrival a = {.from = way->from,
                        .path = &d->path,
                        .bytes = d->bytes,
                        .length = d->length,
                        .place = way->device,
                        .truncated = d->truncated};

    receive_message(s, &a, way->remembered);
}

/* First has the processor fetch the memory that the datagrams lead to, so that the batch waits for
 * it once in each step, and not for each datagram. */
static void receive_plain(struct service *s, const struct datagram *const *batch, uint32_t count)
{
    struct way ways[SERVICE_BATCH];

    for (uint32_t i = 0; i < count; i++)
        find_way(s, batch[i], &ways[i]);
    for (unsigned step = 0; step < DEDUP_PREFETCH_STEPS; step++)
        for (uint32_t i = 0; i < count; i++) {
            dedup_prefetch(&s->exchanges.dedup, ways[i].remembered, step);
            device_cache_prefetch(&s->admission.registered, ways[i].device, step);
        }
    for (uint32_t i = 0; i < count; i++)
        receive(s, batch[i], &ways[i]);
}

void service_receive(struct service *s, const struct datagram *const *batch, uint32_t count)
{
    const struct datagram *plain[SERVICE_BATCH], *secure[SERVICE_BATCH];
    uint32_t plain_count = 0, secure_count = 0;

    for (uint32_t i = 0; i < count; i++)
        if (s->secure_listeners >> batch[i]->path.listener & 1)
            secure[secure_count++] = batch[i];
        else
            plain[plain_count++] = batch[i];
    receive_plain(s, plain, plain_count);
    if (secure_count)
        coaps_receive(s->coaps, secure, secure_count);
}

void service_forget_address(struct service *s, const uint8_t ip[16])
{
    admission_forget(&s->admission, ip);
}

void service_forget_device(struct service *s, const char *iccid)
{
    admission_forget_device(&s->admission, iccid);
}

void service_doubt_templates(struct service *s)
{
    templates_doubt(&s->templates);
}

void service_doubt(struct service *s)
{
    admission_doubt(&s->admission);
    templates_doubt(&s->templates);
}

void service_collect(struct service *s)
{
    resources_collect(&s->resources);
}

void service_advance(struct service *s)
{
    exchanges_advance(&s->exchanges, s->resources.now);
    block1_advance(&s->resources.block1, s->resources.now);
    coaps_advance(s->coaps);
}

static void gather_translations(struct service *s)
{
    const struct translation_counts *t = &s->resources.translations;

    counter_set(&s->counters[SERVICE_TRANSLATED], t->translated);
    counter_set(&s->counters[SERVICE_NOT_TRANSLATED], t->unreadable);
    counter_set(&s->counters[SERVICE_WITHOUT_TEMPLATE], t->lacking);
    counter_set(&s->counters[SERVICE_TEMPLATES_REFUSED], s->templates.refused);
    counter_set(&s->counters[SERVICE_LOCATIONS], t->locations);
    counter_set(&s->counters[SERVICE_LOCATIONS_UNUSABLE], t->locations_unusable);
}

static void gather_counters(struct service *s)
{
    const struct device_cache *registered = &s->admission.registered;
    const struct device_cache *unknown = &s->admission.unknown;

    exchanges_gather(&s->exchanges);
    coaps_gather(s->coaps);
    counter_set(&s->counters[SERVICE_WITHOUT_RESERVATION], s->telemetry.unshared);
    counter_set(&s->counters[SERVICE_PARKING_REFUSED], s->parking.refused);
    counter_set(&s->counters[SERVICE_BLOCK1_EVICTED], s->resources.block1.evicted);
    counter_set(&s->counters[SERVICE_CACHE_HITS], registered->hits + unknown->hits);
    counter_set(&s->counters[SERVICE_CACHE_STALE], registered->stale + unknown->stale);
    counter_set(&s->counters[SERVICE_CACHE_MISSES], unknown->misses - registered->stale);
    counter_set(&s->counters[SERVICE_CACHE_EVICTED], registered->evicted + unknown->evicted);
    gather_translations(s);
    counter_set(&s->counters[SERVICE_EVENTS_ACKNOWLEDGED], s->error_events.acknowledged);
    counter_set(&s->counters[SERVICE_EVENTS_FAILED], s->error_events.failed);
    counter_set(&s->counters[SERVICE_EVENTS_DROPPED], s->error_events.dropped);
    counter_set(&s->counters[SERVICE_CACHE_DEVICES],
                registered->entries.used + unknown->entries.used);
}

void service_end(struct service *s, uint64_t now)
{
    publisher_flush(s->resources.publisher);
    resources_flush(&s->resources, now);
    gather_counters(s);
}

uint32_t service_open(const struct service *s)
{
    uint32_t open = exchanges_open(&s->exchanges);

    /* what was answered already is waited for only where the answer was a promise */
    if (s->telemetry.settings.ack == TELEMETRY_ACK_QUEUED)
        open += s->telemetry.jobs.used;
    return open;
}

uint64_t service_deadline(const struct service *s)
{
    uint64_t exchanges = exchanges_deadline(&s->exchanges);
    uint64_t blocks = block1_deadline(&s->resources.block1);
    uint64_t coaps = coaps_deadline(s->coaps);
    uint64_t earliest = exchanges < blocks ? exchanges : blocks;

    return earliest < coaps ? earliest : coaps;
}
