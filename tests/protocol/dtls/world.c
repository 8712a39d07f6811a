#include "tests/protocol/dtls/world.h"

#include "base/clock.h"
#include "tests/protocol/dtls/client.h"
#include "workers/dtls/ahead.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wolfssl/options.h>

#define SESSION_STEP 3 /* of looking ahead: what is in a session follows */

struct dtls_settings world_settings(void)
{
    return (struct dtls_settings){
        .associations = 1024,
        .associations_of_source = 16,
        .handshakes = 64,
        .handshakes_of_source = 8,
        .retransmit_timeout = CLOCK_SECOND,
        .handshake_timeout = 90 * CLOCK_SECOND,
        .idle_timeout = 3600 * CLOCK_SECOND,
        .cookie_life = 60 * CLOCK_SECOND,
        .connection_ids = true,
        .prefix = {.node = 0x1234, .worker = 5},
    };
}

void world_send(struct world *w, bool to_server, const struct datagram_path *path,
                const uint8_t *bytes, size_t length)
{
    uint32_t number = w->sent++;
    uint32_t copies = number == w->fate.duplicate ? 2 : 1;
    struct world_datagram g = {.due = w->now + w->delay,
                               .to_server = to_server,
                               .path = *path,
                               .length = (uint16_t)length};

    memcpy(g.bytes, bytes, length);
    if (number == w->fate.delay)
        g.due += w->fate.delay_by;
    *(to_server ? &w->last_to_server : &w->last_to_client) = g;
    for (uint32_t i = 0; i < WORLD_LOSSES; i++)
        if (number == w->fate.lose[i])
            return;
    while (copies-- > 0 && w->in_flight < WORLD_DATAGRAMS)
        w->datagrams[w->in_flight++] = g;
}

static void on_datagram(void *context, const struct datagram_path *path, const uint8_t *bytes,
                        size_t length)
{
    struct world *w = context;

    w->bytes_out += length;
    if (!w->deaf)
        world_send(w, false, path, bytes, length);
}

static void on_message(void *context, const struct association *a, const uint8_t *bytes,
                       size_t length)
{
    struct world *w = context;

    w->messages++;
    w->last_id = a->id;
    if (!w->silent)
        dtls_send(&w->dtls, w->now, a->id, bytes, length);
}

static const struct dtls_psk *keys_of(const struct world *w, const struct world_answer *answer)
{
    uint32_t number =
        answer->by_identity ? (uint32_t)strtoul(answer->identity, NULL, 10) : answer->peer.ip[15];

    return number < WORLD_CLIENTS && w->keys[number].count > 0 ? &w->keys[number] : NULL;
}

static void tell_keys(struct world *w, const struct world_answer *answer)
{
    if (w->store_is_gone)
        dtls_psk_unavailable(&w->dtls, w->now, answer->id);
    else
        dtls_psk_answer(&w->dtls, w->now, answer->id, keys_of(w, answer));
}

static void on_lookup(void *context, const struct association *a, const char *identity)
{
    struct world *w = context;
    struct world_answer answer = {
        .due = w->now + w->lookup_delay, .id = a->id, .peer = a->path.peer};

    w->lookups++;
    if (identity) {
        answer.by_identity = true;
        snprintf(answer.identity, sizeof(answer.identity), "%s", identity);
    }
    if (w->lookup_delay == 0) {
        tell_keys(w, &answer);
        return;
    }
    for (size_t i = 0; i < sizeof(w->answers) / sizeof(w->answers[0]); i++) {
        if (w->answers[i].id == 0) {
            w->answers[i] = answer;
            return;
        }
    }
    abort();
}

static void on_established(void *context, const struct association *a, uint32_t key)
{
    struct world *w = context;

    w->established++;
    w->last_key = key;
    w->last_id = a->id;
}

static void on_mismatch(void *context, const struct association *a, const char *claimed)
{
    ((struct world *)context)->mismatches++;
}

static bool on_move(void *context, const struct association *a, const struct datagram_path *to)
{
    return !((struct world *)context)->refuse_moves;
}

static void on_ended(void *context, const struct association *a)
{
    struct world *w = context;

    if (association_is_living(a))
        w->ended++;
    else
        w->given_up++;
}

struct world *world_open(const struct dtls_settings *settings)
{
    struct world *w = calloc(1, sizeof(*w));
    struct dtls_settings defaults = world_settings();
    struct dtls_handler handler = {w,           on_datagram, on_message, on_lookup, on_established,
                                   on_mismatch, on_move,     on_ended};

    if (!w)
        abort();
    w->now = CLOCK_SECOND;
    w->delay = 20 * CLOCK_MILLISECOND;
    w->fate = (struct world_fate){{WORLD_NONE, WORLD_NONE}, WORLD_NONE, WORLD_NONE, 0};
    w->datagrams = calloc(WORLD_DATAGRAMS, sizeof(*w->datagrams));
    w->context = client_context_open();
    random_source_seed(&w->random, 1);
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++) {
        struct dtls_psk *psk = &w->keys[i];

        psk->count = 1;
        snprintf(psk->identity, sizeof(psk->identity), "%u", i);
        psk->keys[0].length =
            (uint16_t)snprintf((char *)psk->keys[0].bytes, SESSION_KEY_ROOM, "key of %u", i);
    }
    if (!w->datagrams || !w->context ||
        dtls_init(&w->dtls, settings ? settings : &defaults, &handler, &w->random) != 0)
        abort();
    return w;
}

size_t world_memory(void)
{
    size_t bytes = mallinfo2().uordblks;

#ifdef SIMGATE_WOLFSSL
    bytes += simgate_wolfssl_in_use();
#endif
    return bytes;
}

void world_close(struct world *w)
{
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
        client_close(&w->clients[i]);
    dtls_deinit(&w->dtls);
    client_context_close(w->context);
    free(w->datagrams);
    free(w);
}

struct world_client *world_connect(struct world *w, uint32_t number,
                                   const struct world_client_settings *settings)
{
    struct world_client *c = &w->clients[number];
    struct in_addr v4 = {htonl(0x0a000000 + number)};

    client_close(c);
    *c = (struct world_client){.world = w, .number = number, .wanted = 1};
    net_ip_from_v4(c->address.ip, &v4);
    c->address.port = (uint16_t)(1000 + number);
    if (settings)
        c->settings = *settings;
    client_open(c);
    return c;
}

void world_message(struct world_client *c)
{
    c->wanted = c->echoes + 1;
    if (c->connected)
        c->next_message = c->world->now;
}

bool world_is_served(const struct world_client *c)
{
    return c->connected && !c->failed && c->echoes >= c->wanted;
}

void world_inject(struct world *w, const struct net_address *from, const uint8_t *bytes,
                  size_t length)
{
    struct datagram_path path = {.peer = *from};

    w->bytes_in += length;
    dtls_receive(&w->dtls, w->now, &path, bytes, length);
}

static struct world_client *client_at(struct world *w, const struct net_address *address)
{
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
        if (w->clients[i].tls && net_address_equal(&w->clients[i].address, address))
            return &w->clients[i];
    return NULL;
}

static void deliver_to_client(struct world *w, const struct world_datagram *g)
{
    struct world_client *c = client_at(w, &g->path.peer);

    if (c)
        client_receive(c, g->bytes, g->length);
}

/* Takes the first datagram out that is due; false when none is, or it goes the other way. */
static bool take_due(struct world *w, bool to_server, struct world_datagram *g)
{
    uint32_t i = 0;

    while (i < w->in_flight && w->datagrams[i].due > w->now)
        i++;
    if (i == w->in_flight || w->datagrams[i].to_server != to_server)
        return false;
    *g = w->datagrams[i];
    w->in_flight--;
    memmove(&w->datagrams[i], &w->datagrams[i + 1], (w->in_flight - i) * sizeof(*g));
    return true;
}

static void look_ahead(const struct world *w, struct dtls_ahead *a, const struct world_datagram *g,
                       unsigned step)
{
    dtls_look_ahead(&w->dtls, a, step, &g->path, g->bytes, g->length);
}

/* What is due together is received as a gateway does it: the associations' sessions are looked at
 * when what was just before may have ended or replaced them. */
static void deliver_batch(struct world *w)
{
    struct dtls_ahead ahead[WORLD_BATCH];
    uint32_t count = 0;

    while (count < WORLD_BATCH && take_due(w, true, &w->batch[count]))
        count++;
    for (unsigned step = 0; step < SESSION_STEP; step++)
        for (uint32_t i = 0; i < count; i++)
            look_ahead(w, &ahead[i], &w->batch[i], step);
    for (uint32_t i = 0; i < count; i++) {
        const struct world_datagram *g = &w->batch[i];

        for (unsigned step = SESSION_STEP; step < DTLS_AHEAD_STEPS; step++)
            look_ahead(w, &ahead[i], g, step);
        dtls_expect(&w->dtls, &ahead[i], &g->path);
        world_inject(w, &g->path.peer, g->bytes, g->length);
    }
}

static void deliver(struct world *w)
{
    struct world_datagram g;

    if (take_due(w, false, &g))
        deliver_to_client(w, &g);
    else
        deliver_batch(w);
}

static void answer_due(struct world *w)
{
    for (size_t i = 0; i < sizeof(w->answers) / sizeof(w->answers[0]); i++) {
        struct world_answer answer = w->answers[i];

        if (answer.id == 0 || answer.due > w->now)
            continue;
        w->answers[i].id = 0;
        tell_keys(w, &answer);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When something happens next; the server's idle timers count only up to `until`. */
static uint64_t next_event(const struct world *w)
{
    uint64_t next = dtls_deadline(&w->dtls);

    for (uint32_t i = 0; i < w->in_flight; i++)
        next = earlier(next, w->datagrams[i].due);
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
        if (w->clients[i].tls)
            next = earlier(next, earlier(w->clients[i].retransmit, w->clients[i].next_message));
    for (size_t i = 0; i < sizeof(w->answers) / sizeof(w->answers[0]); i++)
        if (w->answers[i].id)
            next = earlier(next, w->answers[i].due);
    return next;
}

void world_run(struct world *w, uint64_t until)
{
    uint64_t next;

    while ((next = next_event(w)) <= until) {
        w->now = next > w->now ? next : w->now;
        deliver(w);
        answer_due(w);
        for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
            if (w->clients[i].tls)
                client_advance(&w->clients[i]);
        if (dtls_deadline(&w->dtls) <= w->now)
            dtls_advance(&w->dtls, w->now);
    }
    w->now = until;
}

void world_run_for(struct world *w, uint64_t duration)
{
    world_run(w, w->now + duration);
}
