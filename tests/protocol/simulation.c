#include "tests/protocol/simulation.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PORT 1000

static const struct log silent = {.level = LOG_ERROR, .fd = 2};

struct service_settings simulation_settings(void)
{
    struct service_settings s = {
        .exchange = {.ack_delay = CLOCK_SECOND,
                     .transmission = {2 * CLOCK_SECOND, 1.5, 4},
                     .dedup_memory = 1 << 20,
                     .dedup_per_device = 256,
                     .max_exchanges = 1024,
                     .max_payload = 65536},
        .admission = {.network_count = 1, .ipv6_prefix = 64},
        .telemetry = {.format = TELEMETRY_RAW,
                      .deadline = 10 * CLOCK_SECOND,
                      .max_jobs = 1024,
                      .payload_memory = 1 << 20},
        .block_memory = 1 << 20,
    };

    net_prefix_parse(&s.admission.networks[0], "10.0.0.0/8");
    topic_template_init(&s.telemetry.topic, "{iccid}/{t}", "");
    error_topic_init(&s.error_event.topic, "error/{iccid}");
    s.error_event.deadline = s.telemetry.deadline;
    return s;
}

/* The network. */

static void put_in_flight(struct simulation *s, bool to_server, uint32_t client, const void *bytes,
                          size_t length)
{
    struct simulated_datagram *d;
    uint64_t spread = s->network.delay_max - s->network.delay_min;

    if (s->in_flight == s->room_for) {
        s->room_for = s->room_for ? s->room_for * 2 : 64;
        s->datagrams = realloc(s->datagrams, s->room_for * sizeof(*s->datagrams));
    }
    d = &s->datagrams[s->in_flight++];
    d->due = s->now + s->network.delay_min + (spread ? random_next(&s->random) % spread : 0);
    d->to_server = to_server;
    d->client = client;
    d->length = (uint16_t)length;
    memcpy(d->bytes, bytes, length);
}

static void send_datagram(struct simulation *s, bool to_server, uint32_t client, const void *bytes,
                          size_t length)
{
    uint32_t copies = random_below(&s->random, 1000) < s->network.duplicate ? 2 : 1;

    if (length > COAP_MESSAGE_MAX)
        abort();
    for (uint32_t i = 0; i < copies; i++)
        if (random_below(&s->random, 1000) >= s->network.loss)
            put_in_flight(s, to_server, client, bytes, length);
}

static uint8_t *server_room(void *context)
{
    struct simulation *s = context;

    return s->room;
}

static void server_send(void *context, const struct coap_endpoint *to,
                        const struct datagram_path *path, size_t length)
{
    struct simulation *s = context;
    uint32_t client = (uint32_t)path->peer.port - FIRST_PORT;
    struct coap_message m;

    (void)to;
    if (coap_message_parse(&m, s->room, length) != COAP_PARSED)
        abort();
    if (s->sent_count < SIMULATION_SENT)
        s->sent[s->sent_count++] = (struct server_message){
            .at = s->now, .client = client, .type = m.type, .code = m.code, .id = m.id};
    send_datagram(s, false, client, s->room, length);
}

/* The clients. */

static void client_timer(struct simulation *s, struct simulated_request *r)
{
    if (r->sends == SIMULATION_SENDS) {
        r->state = SIMULATED_GIVEN_UP;
        r->next_send = CLOCK_NEVER;
        return;
    }
    if (r->sends++ == 0)
        r->timeout = 2 * CLOCK_SECOND + random_next(&s->random) % CLOCK_SECOND;
    else
        r->timeout *= 2;
    send_datagram(s, true, r->client, r->message.bytes, r->message.length);
    r->next_send = r->confirmable ? s->now + r->timeout : CLOCK_NEVER;
}

static struct simulated_request *by_token(struct simulation *s, const struct coap_message *m)
{
    char text[COAP_TOKEN_MAX + 1] = "";
    unsigned long index;

    if (m->token.length != 4)
        return NULL;
    memcpy(text, m->token.bytes, m->token.length);
    index = strtoul(text, NULL, 16);
    return index < s->request_count ? &s->requests[index] : NULL;
}

static void take_response(struct simulation *s, struct simulated_request *r,
                          const struct coap_message *m, const struct simulated_datagram *d)
{
    if (r->state == SIMULATED_ANSWERED) {
        r->contradictions += r->code != m->code;
        return;
    }
    r->state = SIMULATED_ANSWERED;
    r->next_send = CLOCK_NEVER;
    r->answered_at = s->now;
    r->code = m->code;
    r->type = m->type;
    memcpy(r->response_bytes, d->bytes, d->length);
    coap_message_parse(&r->response, r->response_bytes, d->length);
}

/* An empty ACK or a reset names a confirmable request by its Message ID. */
static void take_empty(struct simulation *s, uint32_t client, const struct coap_message *m)
{
    for (uint32_t i = 0; i < s->request_count; i++) {
        struct simulated_request *r = &s->requests[i];

        if (r->client != client || r->id != m->id || r->state != SIMULATED_SENDING || !r->sends)
            continue;
        r->state = m->type == COAP_RST ? SIMULATED_RESET : SIMULATED_ACKNOWLEDGED;
        r->next_send = CLOCK_NEVER;
        r->acknowledged_at = s->now;
        return;
    }
}

static void client_receive(struct simulation *s, const struct simulated_datagram *d)
{
    struct simulated_request *r;
    struct coap_message m;
    uint8_t acknowledgement[4];
    struct writer w = writer_over(acknowledgement, sizeof(acknowledgement));

    if (s->clients_are_deaf || coap_message_parse(&m, d->bytes, d->length) != COAP_PARSED)
        return;
    if (m.code == COAP_EMPTY) {
        take_empty(s, d->client, &m);
        return;
    }
    if (m.type == COAP_CON) {
        coap_write_empty(&w, COAP_ACK, m.id);
        send_datagram(s, true, d->client, acknowledgement, sizeof(acknowledgement));
    }
    r = by_token(s, &m);
    if (r && r->client == d->client)
        take_response(s, r, &m, d);
}

/* The server. */

/* As if DTLS had decrypted it; each client has an association. */
static void receive_secure(struct simulation *s, const struct datagram *d)
{
    struct arrival a = {.from = coap_endpoint_of_association(d->path.peer.port),
                        .path = &d->path,
                        .bytes = d->bytes,
                        .length = d->length,
                        .psk_epoch = s->proved_epoch};

    memcpy(a.identity, s->proved, sizeof(s->proved));
    service_receive_message(&s->service, &a);
}

static void put_datagram(struct datagram *d, const struct simulated_datagram *from)
{
    struct in_addr ip = {htonl(0x0a000000 + from->client)};

    *d = (struct datagram){.length = from->length};
    net_ip_from_v4(d->path.peer.ip, &ip);
    d->path.peer.port = (uint16_t)(FIRST_PORT + from->client);
    memcpy(d->bytes, from->bytes, from->length);
}

/* Takes a datagram out that has arrived. */
static bool take_arrived(struct simulation *s, bool to_server, struct simulated_datagram *d)
{
    uint32_t earliest = s->in_flight;

    for (uint32_t i = 0; i < s->in_flight; i++)
        if (s->datagrams[i].to_server == to_server && s->datagrams[i].due <= s->now &&
            (earliest == s->in_flight || s->datagrams[i].due < s->datagrams[earliest].due))
            earliest = i;
    if (earliest == s->in_flight)
        return false;
    *d = s->datagrams[earliest];
    s->in_flight--;
    memmove(&s->datagrams[earliest], &s->datagrams[earliest + 1],
            (s->in_flight - earliest) * sizeof(*d));
    return true;
}

static void draw_publisher(struct simulation *s)
{
    if (s->publish_delay_max)
        s->lane->delay = random_next(&s->random) % s->publish_delay_max;
    s->lane->result = random_below(&s->random, 1000) < s->publish_failures ? PUBLISH_REFUSED
                                                                           : PUBLISH_ACKNOWLEDGED;
}

/* What has arrived, plain messages in batches. */
static void server_receive(struct simulation *s)
{
    const struct datagram *batch[SERVICE_BATCH];
    struct simulated_datagram from;
    uint32_t count = 0;

    while (count < SERVICE_BATCH && take_arrived(s, true, &from)) {
        struct datagram *d = &s->received[count];

        put_datagram(d, &from);
        draw_publisher(s);
        if (*s->proved)
            receive_secure(s, d);
        else
            batch[count++] = d;
    }
    service_receive(&s->service, batch, count);
    if (count == SERVICE_BATCH)
        server_receive(s);
}

static void server_turn(struct simulation *s)
{
    s->lane->now = s->store->now = s->now;
    service_begin(&s->service, s->now, UINT64_C(1700000000000) + s->now / CLOCK_MILLISECOND);
    server_receive(s);
    fake_store_answer(s->store);
    service_collect(&s->service);
    service_advance(&s->service);
    service_end(&s->service, s->now);
}

static void clients_turn(struct simulation *s)
{
    struct simulated_datagram d;

    while (take_arrived(s, false, &d))
        client_receive(s, &d);
    for (uint32_t i = 0; i < s->request_count; i++)
        if (s->requests[i].next_send <= s->now)
            client_timer(s, &s->requests[i]);
}

static void reduce(uint64_t *earliest, uint64_t due)
{
    if (due < *earliest)
        *earliest = due;
}

static uint64_t next_event(const struct simulation *s)
{
    uint64_t earliest = service_deadline(&s->service);

    reduce(&earliest, fake_publisher_deadline(s->lane));
    reduce(&earliest, fake_store_deadline(s->store));
    for (uint32_t i = 0; i < s->in_flight; i++)
        reduce(&earliest, s->datagrams[i].due);
    for (uint32_t i = 0; i < s->request_count; i++)
        reduce(&earliest, s->requests[i].next_send);
    return earliest;
}

void simulation_run(struct simulation *s, uint64_t until)
{
    uint64_t next;

    while ((next = next_event(s)) != CLOCK_NEVER && next <= until) {
        if (next > s->now)
            s->now = next;
        clients_turn(s);
        server_turn(s);
    }
    if (until != CLOCK_NEVER)
        s->now = until;
}

struct simulation *simulation_open(uint64_t seed, const struct service_settings *settings)
{
    struct simulation *s = calloc(1, sizeof(*s));
    struct coap_output output = {.context = s, .room = server_room, .send = server_send};

    s->now = CLOCK_SECOND;
    s->requests = calloc(SIMULATION_REQUESTS, sizeof(*s->requests));
    s->sent = calloc(SIMULATION_SENT, sizeof(*s->sent));
    s->store = fake_store_open();
    s->lane = fake_publisher_open();
    random_source_seed(&s->random, seed);
    if (service_init(&s->service, settings, &output, &s->store->session, s->lane, &silent) != 0)
        abort();
    random_source_seed(&s->service.random, seed + 1);
    return s;
}

void simulation_close(struct simulation *s)
{
    s->clients_are_deaf = true;
    fake_store_answer_all(s->store, STORE_UNREACHABLE);
    fake_publisher_give_back(s->lane, PUBLISH_UNREACHABLE);
    service_deinit(&s->service);
    fake_publisher_close(s->lane);
    fake_store_close(s->store);
    free(s->datagrams);
    free(s->requests);
    free(s->sent);
    free(s);
}

void simulation_token(const struct simulation *s, char token[5])
{
    snprintf(token, 5, "%04x", s->request_count & 0xffff);
}

struct simulated_request *simulation_add(struct simulation *s, uint64_t at, uint32_t client,
                                         const struct built_message *message)
{
    struct simulated_request *r = &s->requests[s->request_count++];

    if (s->request_count == SIMULATION_REQUESTS)
        abort();
    *r = (struct simulated_request){
        .client = client, .message = *message, .begun = at, .next_send = at};
    r->id = built_parse(message).id;
    r->confirmable = built_parse(message).type == COAP_CON;
    return r;
}

struct simulated_request *simulation_post(struct simulation *s, uint64_t at, uint32_t client,
                                          enum coap_type type, uint8_t no_response)
{
    struct built_message b;
    char token[5], payload[24];

    simulation_token(s, token);
    b = build_message(type, COAP_POST, (uint16_t)s->request_count, token);
    if (no_response)
        build_option_uint(&b, COAP_OPTION_NO_RESPONSE, no_response);
    snprintf(payload, sizeof(payload), "request %u", s->request_count);
    build_payload(&b, payload, strlen(payload));
    return simulation_add(s, at, client, &b);
}

uint32_t simulation_published(const struct simulation *s, const struct simulated_request *r)
{
    char payload[24];
    uint32_t count = 0;

    snprintf(payload, sizeof(payload), "request %u", (unsigned)(r - s->requests));
    for (uint32_t i = 0; i < s->lane->count; i++)
        count += strcmp(s->lane->submissions[i].payload, payload) == 0;
    return count;
}

bool simulation_is_quiet(const struct simulation *s)
{
    return exchanges_open(&s->service.exchanges) == 0 && s->service.telemetry.jobs.used == 0 &&
           s->service.exchanges.dedup.entries.used == 0 &&
           s->service.exchanges.dedup.devices.used == 0 &&
           s->service.parking.lookup_slab.used == 0 && s->service.parking.message_slab.used == 0 &&
           s->service.error_events.jobs.used == 0 && s->service.resources.block1.used == 0 &&
           service_deadline(&s->service) == CLOCK_NEVER;
}
