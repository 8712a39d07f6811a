/*
 * A script of what happens to a worker: datagrams from several peers, time, answers of the store
 * and results of the publisher, in any order. Its first byte chooses the settings (world.c), then
 * each step begins with a byte for what it does; world.c checks what must always hold.
 */
#include "base/clock.h"
#include "base/cursor.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/world.h"

#include <string.h>

#define MESSAGE_MAX 1500

/* Topic options as they come, legal and not. */
static const char *const queries[] = {"t=a/b", "t=/x/", "t=", "t=a//b", "t=a/b", "x=1", "t"};
#define QUERIES (sizeof(queries) / sizeof(queries[0]))

/* A datagram of any bytes: peer, length, bytes. */
static void step_datagram(struct world *w, struct cursor *c)
{
    uint8_t peer = cursor_u8(c);
    size_t length = cursor_u8(c);
    const uint8_t *bytes;

    if (length > cursor_left(c))
        length = cursor_left(c);
    bytes = cursor_bytes(c, length);
    if (bytes)
        world_receive(w, peer, bytes, length, peer & 128);
}

static void write_options(struct writer *m, struct cursor *c, uint8_t flags)
{
    uint16_t last = 0;

    if (flags & 1)
        coap_write_option(m, &last, COAP_OPTION_URI_PATH, flags & 2 ? "data" : "",
                          flags & 2 ? 4 : 0);
    if (flags & 4) {
        const char *query = queries[cursor_u8(c) % QUERIES];

        coap_write_option(m, &last, COAP_OPTION_URI_QUERY, query, strlen(query));
    }
    if (flags & 8)
        coap_write_option_uint(m, &last, COAP_OPTION_BLOCK1, cursor_u8(c));
    if (flags & 16)
        coap_write_option_uint(m, &last, COAP_OPTION_NO_RESPONSE, cursor_u8(c));
}

/* A request that is nearly always legal: peer and type, Message ID, what it has, its payload's
 * length in units of 16 bytes. */
static void step_request(struct world *w, struct cursor *c, uint8_t code)
{
    static const uint8_t payload[1024] = "{\"a\":[1,2,{\"b\":null}]}";
    uint8_t peer = cursor_u8(c), id = cursor_u8(c), flags = cursor_u8(c), units = cursor_u8(c);
    struct coap_token token = {.length = flags >> 5, .bytes = {id, peer, flags}};
    uint8_t bytes[MESSAGE_MAX];
    struct writer m = writer_over(bytes, sizeof(bytes));
    size_t length = units == 255 ? 22 : units % 65 * 16u;

    coap_write_header(&m, peer & 64 ? COAP_NON : COAP_CON, code, id % 32, &token);
    write_options(&m, c, flags);
    if (length) {
        writer_u8(&m, COAP_PAYLOAD_MARKER);
        writer_bytes(&m, payload, length);
    }
    CHECK(!m.failed);
    world_receive(w, peer, bytes, writer_length(&m), false);
}

/* A peer acknowledges or resets the last confirmable message that it got. */
static void step_reply(struct world *w, struct cursor *c)
{
    uint8_t peer = cursor_u8(c);
    uint8_t bytes[COAP_HEADER_SIZE];
    struct writer m = writer_over(bytes, sizeof(bytes));

    coap_write_empty(&m, peer & 64 ? COAP_RST : COAP_ACK,
                     w->peers[peer % WORLD_PEERS].last_confirmable);
    world_receive(w, peer, bytes, writer_length(&m), false);
}

/* The last datagram comes again, from the same peer or another. */
static void step_again(struct world *w, struct cursor *c)
{
    uint8_t copy[DATAGRAM_MAX];
    size_t length = w->datagram.length;

    memcpy(copy, w->datagram.bytes, length);
    world_receive(w, cursor_u8(c), copy, length, false);
}

/* What the publisher does from now on, or with one that is pending. */
static void step_publisher(struct world *w, struct cursor *c)
{
    uint8_t what = cursor_u8(c);
    enum publish_result result = (enum publish_result)(what % (PUBLISH_PENDING + 1));

    if (what & 128) {
        w->publisher.result = result;
        w->publisher.down = what & 64;
        return;
    }
    world_begin(w);
    if (result != PUBLISH_PENDING)
        fake_publisher_finish(&w->publisher, cursor_u8(c), result);
    world_finish(w);
}

/* The same for the store. */
static void step_store(struct world *w, struct cursor *c)
{
    uint8_t what = cursor_u8(c);

    w->store.result = (enum store_result)(what & 3);
    w->store.exchange = (enum store_exchange_state)((what >> 2) % 3);
    if (what & 128) {
        w->store.answers_late = what & 64;
        return;
    }
    world_begin(w);
    if (what & 64)
        service_doubt_templates(&w->service);
    fake_store_answer(&w->store, cursor_u8(c));
    world_finish(w);
}

static void step(struct world *w, struct cursor *c)
{
    switch (cursor_u8(c) % 10) {
    case 0:
        step_datagram(w, c);
        break;
    case 1:
    case 2:
        step_request(w, c, COAP_POST);
        break;
    case 3:
        step_request(w, c, COAP_GET);
        break;
    case 4:
        world_advance(w, cursor_u8(c) * 100 * CLOCK_MILLISECOND);
        break;
    case 5:
        world_advance(w, cursor_u8(c) * CLOCK_SECOND);
        break;
    case 6:
        step_reply(w, c);
        break;
    case 7:
        step_again(w, c);
        break;
    case 8:
        step_publisher(w, c);
        break;
    case 9:
        step_store(w, c);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct world w;
    struct cursor c = cursor_over(bytes, length);
    uint8_t variant = cursor_u8(&c);

    world_init(&w, variant);
    while (cursor_left(&c))
        step(&w, &c);
    w.service.draining = variant % 3 == 0; /* which changes nothing about what is under way */
    world_end(&w);
    return 0;
}
