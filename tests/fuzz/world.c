#include "tests/fuzz/world.h"

#include "base/clock.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Longer than every lifetime and every retransmission together. */
#define ALL_LIFETIMES (600 * CLOCK_SECOND)

/* Max-Age, which a 5.03 for lack of exchanges has even for strangers. */
#define MAX_AGE_OPTION 3

/* Turns of the loop in a while that passes, at the most: it comes late at times, as any loop. */
#define TURNS 64

#define WALL_MS UINT64_C(1700000000000)

/* Two ports of one device, two more devices, an inactive one, a stranger inside the networks, one
 * outside, and one of the other family. */
static const char *const peers[WORLD_PEERS] = {
    "10.0.0.1:40001", "10.0.0.1:40002", "10.0.0.2:40001",   "10.0.0.3:40001",
    "10.0.0.4:40001", "10.0.0.9:40001", "203.0.113.1:1234", "[fd00::1]:40001",
};

static bool is_outside(const struct world *w, const struct world_peer *peer)
{
    return peer == &w->peers[6];
}

static struct service_settings settings_of(uint8_t variant)
{
    struct service_settings s = {
        .exchange = {.ack_delay = CLOCK_SECOND,
                     .transmission = {.ack_timeout = 2 * CLOCK_SECOND,
                                      .ack_random_factor = 1.5,
                                      .max_retransmit = variant & 1 ? 4 : 0},
                     .mid_conflict = variant & 2 ? MID_CONFLICT_PROCESS : MID_CONFLICT_RFC,
                     .dedup_memory = variant & 4 ? 1 << 20 : 600,
                     .dedup_per_device = variant & 4 ? 64 : 4,
                     .max_exchanges = variant & 8 ? 64 : 6,
                     .max_payload = 2048},
        .admission = {.network_count = 2, .ipv6_prefix = 64},
        .telemetry = {.format = variant & 16 ? TELEMETRY_RAW : TELEMETRY_ENVELOPE,
                      .ack = variant & 32 ? TELEMETRY_ACK_QUEUED : TELEMETRY_ACK_BROKER,
                      .deadline = 10 * CLOCK_SECOND,
                      .parse_json = variant & 16,
                      .max_jobs = 8,
                      .payload_memory = 6000},
        .block_memory = 3000,
    };

    s.admission.device_rate = variant & 64 ? 1 : 0;
    s.admission.device_burst = 3;
    net_prefix_parse(&s.admission.networks[0], "10.0.0.0/8");
    net_prefix_parse(&s.admission.networks[1], "fd00::/8");
    s.error_event.deadline = s.telemetry.deadline;
    CHECK(!error_topic_init(&s.error_event.topic, FAKE_PUBLISHER_ERRORS "/{iccid}"));
    CHECK(!topic_template_init(&s.telemetry.topic, variant & 128 ? "{t}" : "{iccid}/{t}", "none"));
    return s;
}

static uint8_t *room(void *context)
{
    struct world *w = context;

    return w->room;
}

/* No error has a payload, and no empty message anything. */
static void check_message(const struct coap_message *m)
{
    unsigned class = COAP_CODE_CLASS(m->code);

    CHECK(class == 0 || class == 2 || class == 4 || class == 5);
    CHECK(class != 0 || m->code == COAP_EMPTY);
    CHECK(class == 2 || m->payload_length == 0);
    CHECK(m->type != COAP_RST || m->code == COAP_EMPTY);
    CHECK(m->code != COAP_EMPTY || m->type == COAP_ACK || m->type == COAP_RST);
}

static void check_sent(void *context, const struct coap_endpoint *to,
                       const struct datagram_path *path, size_t length)
{
    struct world *w = context;
    struct world_peer *peer = NULL;
    struct coap_endpoint endpoint = coap_endpoint_of(&path->peer);
    struct coap_message m;

    for (uint32_t i = 0; i < WORLD_PEERS; i++)
        if (memcmp(path, &w->peers[i].path, sizeof(*path)) == 0)
            peer = &w->peers[i];
    CHECK(peer && coap_endpoint_equal(&endpoint, to));
    CHECK(length <= COAP_MESSAGE_MAX);
    CHECK(coap_message_parse(&m, w->room, length) == COAP_PARSED);
    check_message(&m);
    if (m.type == COAP_CON)
        peer->last_confirmable = m.id;
    peer->bytes_out += length;
    if (m.code == COAP_SERVICE_UNAVAILABLE)
        peer->bytes_out -= MAX_AGE_OPTION;
    CHECK(!is_outside(w, peer) || peer->bytes_out <= peer->bytes_in);
}

/* The keys that were drawn make runs differ: one input has to do the same each time. */
static void fix_keys(struct service *s)
{
    static const struct hash_key fixed = {{3, 5}};

    random_source_seed(&s->random, 1);
    s->exchanges.dedup.key = fixed;
    s->exchanges.separates.key = fixed;
    s->resources.block1.key = fixed;
    s->admission.registered.key = fixed;
    s->admission.unknown.key = fixed;
}

void world_init(struct world *w, uint8_t variant)
{
    const struct service_settings settings = settings_of(variant);
    const struct coap_output output = {.context = w, .room = room, .send = check_sent};

    memset(w, 0, sizeof(*w));
    w->now = 1000 * CLOCK_SECOND;
    w->log = (struct log){.level = LOG_ERROR, .fd = -1};
    fake_store_init(&w->store);
    w->publisher.result = PUBLISH_PENDING;
    for (uint32_t i = 0; i < WORLD_PEERS; i++)
        CHECK(net_address_parse(&w->peers[i].path.peer, peers[i]));
    CHECK(service_init(&w->service, &settings, &output, &w->store.session, &w->publisher,
                       &w->log) == 0);
    fix_keys(&w->service);
}

/* Telemetry is acknowledged for nothing but an acknowledgement. */
static void check_promise(const struct world *w)
{
    const struct service *s = &w->service;

    if (s->telemetry.settings.ack == TELEMETRY_ACK_BROKER)
        CHECK(s->exchanges.responses[COAP_CHANGED] <=
              w->publisher.acknowledged + w->store.changed_elsewhere);
}

static void check_budgets(const struct world *w)
{
    const struct service *s = &w->service;
    const struct exchanges *e = &s->exchanges;

    CHECK(e->slab.used <= e->settings.max_exchanges);
    CHECK(e->separates.responses.used <= e->settings.max_exchanges);
    CHECK(e->timers.count <= e->slab.used);
    CHECK(e->dedup.entries.used <= e->dedup.entries.capacity);
    CHECK(s->telemetry.jobs.used <= s->telemetry.settings.max_jobs);
    CHECK(s->telemetry.allocated <= s->telemetry.settings.payload_memory);
    CHECK(s->resources.block1.used <= s->resources.block1.budget);
    CHECK(s->parking.message_slab.used <= PARKING_MESSAGES);
}

void world_begin(struct world *w)
{
    service_begin(&w->service, w->now, WALL_MS + w->now / CLOCK_MILLISECOND);
}

void world_finish(struct world *w)
{
    service_collect(&w->service);
    service_end(&w->service, w->now);
    check_promise(w);
    check_budgets(w);
}

void world_receive(struct world *w, uint32_t peer, const uint8_t *bytes, size_t length,
                   bool truncated)
{
    struct datagram *d = &w->datagram;

    d->path = w->peers[peer % WORLD_PEERS].path;
    d->length = (uint16_t)(length < DATAGRAM_MAX ? length : DATAGRAM_MAX);
    d->truncated = truncated;
    memmove(d->bytes, bytes, d->length);
    w->peers[peer % WORLD_PEERS].bytes_in += d->length;
    world_begin(w);
    service_receive(&w->service, &(const struct datagram *){d}, 1);
    world_finish(w);
}

void world_advance(struct world *w, uint64_t duration)
{
    uint64_t end = w->now + duration;
    uint64_t grain = duration / TURNS;

    while (service_deadline(&w->service) <= end) {
        uint64_t deadline = service_deadline(&w->service);

        w->now = deadline > w->now + grain ? deadline : w->now + grain;
        if (w->now > end)
            w->now = end;
        world_begin(w);
        service_advance(&w->service);
        world_finish(w);
        CHECK(service_deadline(&w->service) > w->now); /* or time would stand still */
    }
    w->now = end;
}

void world_end(struct world *w)
{
    const struct service *s = &w->service;

    world_begin(w);
    fake_store_answer_all(&w->store);
    fake_publisher_finish_all(&w->publisher, PUBLISH_UNREACHABLE);
    world_finish(w);
    world_advance(w, ALL_LIFETIMES);
    CHECK(exchanges_open(&s->exchanges) == 0);
    CHECK(s->exchanges.timers.count == 0);
    CHECK(s->exchanges.dedup.entries.used == 0 && s->exchanges.dedup.devices.used == 0);
    CHECK(s->telemetry.jobs.used == 0);
    CHECK(s->telemetry.allocated <= s->telemetry.settings.payload_memory);
    CHECK(s->resources.block1.used == 0);
    CHECK(s->parking.lookup_slab.used == 0 && s->parking.message_slab.used == 0);
    CHECK(service_deadline(s) == CLOCK_NEVER);
    service_deinit(&w->service);
}
