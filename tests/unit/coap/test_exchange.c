/* The message layer with a handler that does what the test says. */
#include "base/clock.h"
#include "tests/unit/coap/message_builder.h"
#include "tests/unit/coap/sent_messages.h"
#include "workers/coap/exchange.h"

#include <criterion/criterion.h>

struct scene {
    struct exchanges e;
    struct random_source random;
    struct sent_messages sent;
    struct exchange *open; /* the last one */
    uint32_t requests;
    uint32_t expired;
    uint32_t conflicts;
    uint64_t deadline; /* to set in a new exchange, or 0 */
    uint8_t answer;    /* at once, or 0 */
    bool discard;      /* at once */
    uint8_t no_response;
};

static const struct coap_endpoint device = {.network = 7, .port = 1, .kind = COAP_ENDPOINT_IPV4};
static const struct datagram_path path = {.listener = 1};

static void respond(struct scene *s, uint8_t code)
{
    struct coap_response response = coap_response_of(code);

    exchange_respond(&s->e, s->sent.now, s->open, &response);
}

static void on_request(void *context, struct exchange *x, const struct coap_message *m)
{
    struct scene *s = context;

    (void)m;
    s->requests++;
    s->open = x;
    x->no_response = s->no_response;
    if (s->discard) {
        exchange_discard(&s->e, x);
        return;
    }
    cr_assert(exchange_remember(&s->e, s->sent.now, x));
    if (s->deadline)
        exchange_set_deadline(x, s->deadline);
    if (s->answer)
        respond(s, s->answer);
}

static void on_expired(void *context, struct exchange *x)
{
    struct scene *s = context;

    (void)x;
    s->expired++;
    respond(s, COAP_GATEWAY_TIMEOUT);
}

static void on_conflict(void *context, const struct datagram_path *from)
{
    struct scene *s = context;

    (void)from;
    s->conflicts++;
}

static struct scene *open_scene(enum mid_conflict mid_conflict)
{
    struct scene *s = calloc(1, sizeof(*s));
    struct exchange_settings settings = {.ack_delay = CLOCK_SECOND,
                                         .transmission = {2 * CLOCK_SECOND, 1.5, 4},
                                         .mid_conflict = mid_conflict,
                                         .dedup_memory = 1 << 20,
                                         .dedup_per_device = 64,
                                         .max_exchanges = 4,
                                         .max_payload = 1000};
    struct exchange_handler handler = {s, on_request, on_expired, on_conflict};
    struct coap_output output = sent_messages_output(&s->sent);

    random_source_seed(&s->random, 1);
    cr_assert_eq(exchanges_init(&s->e, &settings, &output, &handler, &s->random), 0);
    return s;
}

static void close_scene(struct scene *s)
{
    exchanges_deinit(&s->e);
    free(s);
}

static void receive_bytes(struct scene *s, const void *bytes, size_t length)
{
    struct dedup_place place = exchanges_place(&s->e, &device, bytes, length);

    exchanges_receive(&s->e, s->sent.now, &device, place, &path, bytes, length);
}

static void receive(struct scene *s, enum coap_type type, uint8_t code, uint16_t id)
{
    struct built_message b = build_message(type, code, id, code ? "tk" : "");

    receive_bytes(s, b.bytes, b.length);
}

static void run(struct scene *s, uint64_t until)
{
    uint64_t due;

    while ((due = exchanges_deadline(&s->e)) <= until) {
        s->sent.now = due;
        exchanges_advance(&s->e, due);
    }
    s->sent.now = until;
}

static void expect_last(struct scene *s, uint32_t count, enum coap_type type, uint8_t code)
{
    struct coap_message m;

    cr_assert_eq(s->sent.count, count);
    m = sent_parse(&s->sent, count - 1);
    cr_assert_eq(m.type, type);
    cr_assert_eq(m.code, code);
}

Test(exchange, rejects_malformed_and_unexpected_messages_by_type)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);
    uint32_t count = 0;

    for (unsigned type = 0; type < 4; type++) {
        uint8_t reserved_class[] = {(uint8_t)(0x40 | type << 4), 0x20, 0x12, 0x34};
        uint8_t bare_marker[] = {(uint8_t)(0x40 | type << 4), COAP_POST, 0x12, 0x34, 0xff};
        uint8_t long_token[13] = {(uint8_t)(0x49 | type << 4), COAP_POST, 0x12, 0x34};

        receive_bytes(s, reserved_class, sizeof(reserved_class));
        receive_bytes(s, bare_marker, sizeof(bare_marker));
        receive_bytes(s, long_token, sizeof(long_token));
        count += type == COAP_CON ? 3 : 0;
        cr_assert_eq(s->sent.count, count);
    }
    expect_last(s, 3, COAP_RST, COAP_EMPTY);
    cr_assert_eq(sent_parse(&s->sent, 2).id, 0x1234);
    receive(s, COAP_CON, COAP_EMPTY, 5);
    expect_last(s, 4, COAP_RST, COAP_EMPTY);
    receive(s, COAP_CON, COAP_CONTENT, 6);
    expect_last(s, 5, COAP_RST, COAP_EMPTY);
    receive(s, COAP_NON, COAP_EMPTY, 7);
    receive(s, COAP_NON, COAP_CONTENT, 8);
    receive_bytes(s, "\x80\x02\x12\x34", 4);
    receive_bytes(s, "\x40\x02\x12", 3);
    cr_assert_eq(s->sent.count, 5);
    cr_assert_eq(s->requests, 0);
    close_scene(s);
}

Test(exchange, a_piggybacked_response_has_the_requests_id_and_token)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);
    struct coap_message m;

    s->answer = COAP_CHANGED;
    receive(s, COAP_CON, COAP_POST, 0xabcd);
    expect_last(s, 1, COAP_ACK, COAP_CHANGED);
    m = sent_parse(&s->sent, 0);
    cr_assert_eq(m.id, 0xabcd);
    cr_assert_eq(m.token.length, 2);
    cr_assert_eq(memcmp(m.token.bytes, "tk", 2), 0);
    cr_assert_eq(exchanges_open(&s->e), 0);
    close_scene(s);
}

Test(exchange, a_non_request_gets_a_non_response_of_its_own_id)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);

    s->answer = COAP_CHANGED;
    receive(s, COAP_NON, COAP_POST, 1);
    expect_last(s, 1, COAP_NON, COAP_CHANGED);
    receive(s, COAP_NON, COAP_POST, 1);
    cr_assert_eq(s->sent.count, 1, "its duplicate gets none");
    cr_assert_eq(s->requests, 1);
    receive(s, COAP_NON, COAP_POST, 2);
    cr_assert_eq((uint16_t)(sent_parse(&s->sent, 1).id - sent_parse(&s->sent, 0).id), 1);
    close_scene(s);
}

Test(exchange, a_get_is_answered_afresh)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);

    s->answer = COAP_CONTENT;
    receive(s, COAP_CON, COAP_GET, 1);
    receive(s, COAP_CON, COAP_GET, 1);
    cr_assert_eq(s->requests, 2);
    cr_assert_eq(s->sent.count, 2);
    cr_assert_eq(s->e.dedup.entries.used, 0);
    close_scene(s);
}

/* A separate response that waits for its acknowledgement; returns its Message ID. */
static uint16_t start_separate(struct scene *s)
{
    receive(s, COAP_CON, COAP_POST, 1);
    run(s, CLOCK_SECOND);
    expect_last(s, 1, COAP_ACK, COAP_EMPTY);
    respond(s, COAP_CHANGED);
    expect_last(s, 2, COAP_CON, COAP_CHANGED);
    return sent_parse(&s->sent, 1).id;
}

Test(exchange, a_reset_with_a_code_and_an_acknowledgement_with_a_request_are_ignored)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);
    uint16_t id = start_separate(s);

    receive(s, COAP_RST, COAP_POST, id);
    receive(s, COAP_RST, COAP_CHANGED, id);
    receive(s, COAP_ACK, COAP_GET, id);
    cr_assert_eq(exchanges_open(&s->e), 1);
    receive(s, COAP_ACK, COAP_EMPTY, id);
    cr_assert_eq(exchanges_open(&s->e), 0);
    cr_assert_eq(s->e.counters[COAP_DROPPED_UNEXPECTED], 3);
    close_scene(s);
}

Test(exchange, a_reset_ends_a_separate_response)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);

    receive(s, COAP_RST, COAP_EMPTY, start_separate(s));
    cr_assert_eq(exchanges_open(&s->e), 0);
    run(s, 100 * CLOCK_SECOND);
    cr_assert_eq(s->sent.count, 2);
    close_scene(s);
}

Test(exchange, an_overload_is_said_and_not_remembered)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);
    struct coap_message m;

    for (uint16_t id = 0; id < 4; id++)
        receive(s, COAP_CON, COAP_POST, id);
    receive(s, COAP_CON, COAP_POST, 4);
    expect_last(s, 1, COAP_ACK, COAP_SERVICE_UNAVAILABLE);
    m = sent_parse(&s->sent, 0);
    cr_assert_eq(message_option_uint(&m, COAP_OPTION_MAX_AGE), EXCHANGE_RETRY_AFTER);
    receive(s, COAP_NON, COAP_POST, 5);
    cr_assert_eq(s->sent.count, 1);
    respond(s, COAP_CHANGED);
    receive(s, COAP_CON, COAP_POST, 4);
    cr_assert_eq(s->requests, 5, "there is room now");
    close_scene(s);
}

/* The same Message ID, other bytes: twice the first, then a longer one. */
static void send_conflict(struct scene *s)
{
    struct built_message b = build_message(COAP_CON, COAP_POST, 1, "tk");

    build_payload(&b, "other", 5);
    receive_bytes(s, b.bytes, b.length);
}

Test(exchange, other_bytes_under_a_used_message_id_are_a_duplicate)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);

    s->answer = COAP_FORBIDDEN;
    receive(s, COAP_CON, COAP_POST, 1);
    send_conflict(s);
    cr_assert_eq(s->requests, 1);
    cr_assert_eq(s->conflicts, 1);
    expect_last(s, 2, COAP_ACK, COAP_FORBIDDEN);
    close_scene(s);
}

Test(exchange, or_a_new_request_where_that_is_configured)
{
    struct scene *s = open_scene(MID_CONFLICT_PROCESS);

    s->answer = COAP_CHANGED;
    receive(s, COAP_CON, COAP_POST, 1);
    send_conflict(s);
    cr_assert_eq(s->requests, 2);
    receive(s, COAP_CON, COAP_POST, 2);
    s->answer = 0;
    receive(s, COAP_CON, COAP_POST, 3);
    cr_assert_eq(s->requests, 4);
    close_scene(s);
}

Test(exchange, errors_carry_the_options_that_belong_to_them)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);
    struct coap_message m;

    s->answer = COAP_REQUEST_ENTITY_TOO_LARGE;
    receive(s, COAP_CON, COAP_POST, 1);
    s->answer = COAP_TOO_MANY_REQUESTS;
    receive(s, COAP_CON, COAP_POST, 2);
    receive(s, COAP_CON, COAP_POST, 1);
    receive(s, COAP_CON, COAP_POST, 2);
    for (uint32_t i = 0; i < 4; i += 2) {
        m = sent_parse(&s->sent, i);
        cr_assert_eq(message_option_uint(&m, COAP_OPTION_SIZE1), 1000);
        m = sent_parse(&s->sent, i + 1);
        cr_assert_eq(message_option_uint(&m, COAP_OPTION_MAX_AGE), EXCHANGE_RETRY_AFTER);
    }
    close_scene(s);
}

Test(exchange, a_deadline_before_the_acknowledgement_piggybacks)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);

    s->deadline = CLOCK_SECOND / 2;
    receive(s, COAP_CON, COAP_POST, 1);
    run(s, 300 * CLOCK_SECOND);
    cr_assert_eq(s->expired, 1);
    expect_last(s, 1, COAP_ACK, COAP_GATEWAY_TIMEOUT);
    cr_assert_eq(s->sent.messages[0].at, CLOCK_SECOND / 2);
    cr_assert_eq(exchanges_deadline(&s->e), CLOCK_NEVER, "nothing is left");
    close_scene(s);
}

Test(exchange, what_is_discarded_is_new_when_it_comes_again)
{
    struct scene *s = open_scene(MID_CONFLICT_RFC);

    s->discard = true;
    receive(s, COAP_CON, COAP_POST, 1);
    receive(s, COAP_CON, COAP_POST, 1);
    cr_assert_eq(s->requests, 2);
    cr_assert_eq(s->sent.count, 0);
    cr_assert_eq(exchanges_open(&s->e), 0);
    close_scene(s);
}
