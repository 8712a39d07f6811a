/* What the handshakes of CoAPS hold while they ask for keys, and give back. */
#include "base/clock.h"
#include "base/writer.h"
#include "tests/protocol/fake_store.h"
#include "workers/coaps.h"

#include <criterion/criterion.h>
#include <string.h>

#define HANDSHAKES    16
#define COOKIE_OFFSET 28 /* in a HelloVerifyRequest, RFC 6347 §4.2.1 */

#define HELLO_VERIFY_ROOM 96

struct site {
    struct resources resources;
    struct admission admission;
    struct exchanges exchanges; /* its memory of requests alone is looked at */
    struct random_source random;
    struct fake_store *store;
    struct coap_output sockets;
    struct coaps *coaps;
    uint8_t sent[2048];                       /* the last datagram of ours */
    uint8_t answered[256][HELLO_VERIFY_ROOM]; /* the last one to each client */
    struct datagram datagram;
    struct datagram batch[COAPS_BATCH]; /* what is received together, where that is asked for */
    uint32_t batch_count;
    bool gathers;
};

static uint8_t *room(void *context)
{
    return ((struct site *)context)->sent;
}

static void keep_datagram(void *context, const struct coap_endpoint *to,
                          const struct datagram_path *path, size_t length)
{
    struct site *s = context;

    memcpy(s->answered[path->peer.ip[7]], s->sent, HELLO_VERIFY_ROOM);
}

static void ignore_message(void *context, const struct arrival *a)
{
}

static void open_site(struct site *s)
{
    const struct admission_settings everyone = {.network_count = 1, .ipv6_prefix = 64};
    const struct dtls_settings settings = {.associations = 64,
                                           .associations_of_source = 4,
                                           .handshakes = HANDSHAKES,
                                           .handshakes_of_source = 4,
                                           .retransmit_timeout = CLOCK_SECOND,
                                           .handshake_timeout = 60 * CLOCK_SECOND,
                                           .idle_timeout = 3600 * CLOCK_SECOND,
                                           .cookie_life = 60 * CLOCK_SECOND,
                                           .lookup_by_identity = true};
    const struct coaps_parts parts = {.resources = &s->resources,
                                      .admission = &s->admission,
                                      .sockets = &s->sockets,
                                      .receive = ignore_message,
                                      .context = s};

    *s = (struct site){.store = fake_store_open(),
                       .sockets = {.context = s, .room = room, .send = keep_datagram}};
    s->resources.store = &s->store->session;
    s->resources.now = CLOCK_SECOND;
    random_source_seed(&s->random, 1);
    s->resources.random = &s->random;
    s->resources.exchanges = &s->exchanges;
    cr_assert_eq(dedup_init(&s->exchanges.dedup, 1 << 20, 64, &s->random), 0);
    cr_assert_eq(admission_init(&s->admission, &everyone), 0);
    cr_assert_eq(coaps_open(&s->coaps, &settings, &parts), 0);
}

static void close_site(struct site *s)
{
    coaps_close(s->coaps);
    dedup_deinit(&s->exchanges.dedup);
    admission_deinit(&s->admission);
    fake_store_close(s->store);
}

static void receive_now(struct site *s)
{
    const struct datagram *batch[COAPS_BATCH];

    for (uint32_t i = 0; i < s->batch_count; i++)
        batch[i] = &s->batch[i];
    coaps_receive(s->coaps, batch, s->batch_count);
    s->batch_count = 0;
}

/* The datagram comes, now or with others. */
static void take_datagram(struct site *s)
{
    cr_assert_lt(s->batch_count, COAPS_BATCH);
    s->batch[s->batch_count++] = s->datagram;
    if (!s->gathers)
        receive_now(s);
}

/* A handshake message that is alone in a record of epoch 0. */
static void receive(struct site *s, uint8_t type, uint8_t record, uint8_t number,
                    const struct writer *body)
{
    uint16_t length = (uint16_t)writer_length(body);
    struct writer w = writer_over(s->datagram.bytes, DATAGRAM_MAX);

    writer_u8(&w, RECORD_HANDSHAKE);
    writer_literal(&w, "\xfe\xfd\0\0\0\0\0\0\0");
    writer_u8(&w, record);
    writer_u16(&w, (uint16_t)(12 + length));
    writer_u8(&w, type);
    writer_u8(&w, 0);
    writer_u16(&w, length);
    writer_u16(&w, number);
    writer_literal(&w, "\0\0\0\0");
    writer_u16(&w, length);
    writer_bytes(&w, body->at - length, length);
    s->datagram.length = (uint16_t)writer_length(&w);
    take_datagram(s);
}

static void say_hello(struct site *s, const uint8_t *cookie, uint8_t length)
{
    uint8_t bytes[256];
    struct writer w = writer_over(bytes, sizeof(bytes));

    writer_u16(&w, 0xfefd);
    memset(writer_reserve(&w, 32), 1, 32);
    writer_u8(&w, 0); /* no session id */
    writer_u8(&w, length);
    writer_bytes(&w, cookie, length);
    writer_u16(&w, 2);
    writer_u16(&w, SUITE_AES_128_CCM_8);
    writer_u16(&w, 0x0100); /* no compression */
    receive(s, HANDSHAKE_CLIENT_HELLO, length > 0, length > 0, &w);
}

static void claim(struct site *s, uint8_t record, const char *identity)
{
    uint8_t bytes[64];
    struct writer w = writer_over(bytes, sizeof(bytes));

    writer_u16(&w, (uint16_t)strlen(identity));
    writer_bytes(&w, identity, strlen(identity));
    receive(s, HANDSHAKE_CLIENT_KEY_EXCHANGE, record, 2, &w);
}

/* A client that is let try several identities must not keep a look-up of each. */
Test(coaps_lookups, of_every_identity_are_given_back)
{
    static struct site s;
    uint8_t cookie[64];

    open_site(&s);
    s.store->result = STORE_ABSENT;
    for (uint8_t i = 1; i <= 3 * HANDSHAKES; i++) {
        s.datagram.path.peer = (struct net_address){.ip = {0xfd, [7] = i}, .port = 7};
        say_hello(&s, NULL, 0);
        memcpy(cookie, s.sent + COOKIE_OFFSET, s.sent[COOKIE_OFFSET - 1]);
        say_hello(&s, cookie, s.sent[COOKIE_OFFSET - 1]);
        claim(&s, 2, "8900000000000000001");
        s.resources.now += 10 * CLOCK_SECOND; /* what was found out is not believed for so long */
        claim(&s, 3, "8900000000000000002");
        cr_assert_eq(s.store->lookups, 2 * i, "handshake %u", i);
        s.resources.now += 60 * CLOCK_SECOND;
        coaps_advance(s.coaps);
    }
    close_site(&s);
}

static void come_from(struct site *s, uint8_t client)
{
    s->datagram.path.peer = (struct net_address){.ip = {0xfd, [7] = client}, .port = 7};
}

/* What leads nowhere: nothing, a record of no connection, and what was longer than there is room.
 */
static void send_rubbish(struct site *s, uint8_t client)
{
    const uint8_t record[] = {RECORD_CID, 0xfe, 0xfd, 0, 1, [13] = client, [20] = 1, 0};

    come_from(s, client);
    s->datagram.length = 0;
    take_datagram(s);
    memcpy(s->datagram.bytes, record, sizeof(record));
    s->datagram.length = sizeof(record);
    take_datagram(s);
    s->datagram.truncated = true;
    take_datagram(s);
    s->datagram.truncated = false;
}

Test(coaps_lookups, of_a_whole_batch)
{
    static struct site s;
    char identity[] = "890000000000000000A";
    const uint8_t *cookie;

    open_site(&s);
    s.store->result = STORE_ABSENT;
    s.gathers = true;
    for (uint8_t i = 0; i < HANDSHAKES; i++) {
        send_rubbish(&s, i);
        say_hello(&s, NULL, 0);
    }
    cr_assert_eq(s.batch_count, COAPS_BATCH);
    receive_now(&s);
    for (uint8_t i = 0; i < HANDSHAKES; i++) {
        come_from(&s, i);
        cookie = s.answered[i] + COOKIE_OFFSET;
        say_hello(&s, cookie, cookie[-1]);
        identity[17] = (char)('0' + i / 10), identity[18] = (char)('0' + i % 10);
        claim(&s, 2, identity);
        send_rubbish(&s, i);
        if (s.batch_count + 5 > COAPS_BATCH)
            receive_now(&s);
    }
    receive_now(&s);
    cr_expect_eq(s.store->lookups, HANDSHAKES);
    close_site(&s);
}
