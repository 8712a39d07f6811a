/*
 * Any bytes as a CoAP message: what the parser gives lies inside them, and a message that is
 * written again from its parts is the same message.
 */
#include "tests/fuzz/fuzz.h"
#include "workers/coap/request.h"
#include "workers/resources/topic.h"

#include <string.h>

struct input {
    const uint8_t *bytes;
    size_t length;
};

static void check_inside(const struct input *in, const uint8_t *part, size_t length)
{
    CHECK(part >= in->bytes && part <= in->bytes + in->length);
    CHECK(length <= (size_t)(in->bytes + in->length - part));
}

/* Writes the message again. Lengths may be encoded in one way only, so it has the same bytes where
 * the first writer kept to that. */
static void write_again(struct writer *w, const struct coap_message *m)
{
    struct coap_options options = coap_message_options(m);
    struct coap_option o;
    uint16_t last = 0;

    coap_write_header(w, m->type, m->code, m->id, &m->token);
    while (coap_option_next(&options, &o))
        coap_write_option(w, &last, o.number, o.value, o.length);
    CHECK(!options.c.failed && !options.marker && cursor_left(&options.c) == 0);
    if (m->payload_length) {
        writer_u8(w, COAP_PAYLOAD_MARKER);
        writer_bytes(w, m->payload, m->payload_length);
    }
}

static void check_same_options(const struct coap_message *a, const struct coap_message *b)
{
    struct coap_options left = coap_message_options(a), right = coap_message_options(b);
    struct coap_option l, r;

    while (coap_option_next(&left, &l)) {
        CHECK(coap_option_next(&right, &r));
        CHECK(l.number == r.number && l.length == r.length);
        CHECK(memcmp(l.value, r.value, l.length) == 0);
    }
    CHECK(!coap_option_next(&right, &r));
}

static void check_round_trip(const struct input *in, const struct coap_message *m)
{
    size_t room = in->length + 1;
    uint8_t *bytes = malloc(room);
    struct writer w = writer_over(bytes, room);
    struct coap_message again;

    CHECK(bytes);
    write_again(&w, m);
    CHECK(!w.failed && writer_length(&w) <= in->length);
    CHECK(coap_message_parse(&again, bytes, writer_length(&w)) == COAP_PARSED);
    CHECK(again.type == m->type && again.code == m->code && again.id == m->id);
    CHECK(again.token.length == m->token.length);
    CHECK(memcmp(again.token.bytes, m->token.bytes, m->token.length) == 0);
    CHECK(again.payload_length == m->payload_length);
    CHECK(memcmp(again.payload, m->payload, m->payload_length) == 0);
    check_same_options(m, &again);
    free(bytes);
}

static void check_options(const struct input *in, const struct coap_message *m)
{
    struct coap_options options = coap_message_options(m);
    struct coap_option o;
    uint16_t previous = 0;

    while (coap_option_next(&options, &o)) {
        check_inside(in, o.value, o.length);
        CHECK(o.number >= previous);
        previous = o.number;
    }
}

static void check_request(const struct input *in, const struct coap_message *m)
{
    struct coap_request r;

    coap_request_read(&r, m);
    CHECK(r.path_count <= COAP_REQUEST_SEGMENTS);
    for (uint32_t i = 0; i < r.path_count; i++) {
        check_inside(in, r.path[i].bytes, r.path[i].length);
        CHECK(r.path[i].length <= 255);
    }
    CHECK(r.accept >= -1 && r.accept <= UINT16_MAX);
    CHECK(r.block1.number < 1u << 20 && r.block1.szx <= 7);
    CHECK(!r.block2.present || (coap_block_encode(&r.block2) < 1u << 24));
}

/* No topic has an empty level, a wildcard or a character that a broker could read otherwise. */
static void check_topic(const struct input *in, const struct coap_message *m)
{
    struct coap_text topic;

    if (!topic_read(&topic, m) || topic.length == 0)
        return;
    check_inside(in, topic.bytes, topic.length);
    CHECK(topic.length <= TOPIC_MAX);
    CHECK(topic.bytes[0] != '/' && topic.bytes[topic.length - 1] != '/');
    for (uint32_t i = 0; i < topic.length; i++) {
        CHECK(topic.bytes[i] > ' ' && topic.bytes[i] < 0x7f);
        CHECK(topic.bytes[i] != '+' && topic.bytes[i] != '#' && topic.bytes[i] != '$');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct input in = {.bytes = bytes, .length = length};
    struct coap_message m;

    if (coap_message_parse(&m, bytes, length) != COAP_PARSED)
        return 0;
    CHECK(m.token.length <= COAP_TOKEN_MAX);
    check_inside(&in, m.options, m.options_length);
    check_inside(&in, m.payload, m.payload_length);
    check_options(&in, &m);
    check_request(&in, &m);
    check_topic(&in, &m);
    check_round_trip(&in, &m);
    return 0;
}
