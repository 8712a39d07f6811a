#include "base/random.h"
#include "tests/unit/coap/message_builder.h"

#include <criterion/criterion.h>

/* The bytes lie at the end of an allocation, so that a sanitizer sees a read behind them. */
static enum coap_parse_result parse(struct coap_message *m, const void *bytes, size_t length)
{
    uint8_t *exact = calloc(1, length ? length : 1);
    enum coap_parse_result result;

    memcpy(exact, bytes, length);
    result = coap_message_parse(m, exact, length);
    free(exact);
    return result;
}

#define PARSE(text) parse(&m, text, sizeof(text) - 1)

Test(message, needs_four_bytes_of_version_1)
{
    struct coap_message m;

    cr_assert_eq(PARSE(""), COAP_NO_MESSAGE);
    cr_assert_eq(PARSE("\x40\x02\x12"), COAP_NO_MESSAGE, "no whole Message ID");
    cr_assert_eq(PARSE("\x40\x02\x12\x34"), COAP_PARSED);
    cr_assert_eq(PARSE("\x00\x02\x12\x34"), COAP_NO_MESSAGE, "version 0");
    cr_assert_eq(PARSE("\x80\x02\x12\x34"), COAP_NO_MESSAGE, "version 2");
    cr_assert_eq(PARSE("\xc0\x02\x12\x34"), COAP_NO_MESSAGE, "version 3");
}

Test(message, has_type_code_id_and_token)
{
    struct coap_message m;

    cr_assert_eq(PARSE("\x58\x45\xab\xcd"
                       "12345678"),
                 COAP_PARSED);
    cr_assert_eq(m.type, COAP_NON);
    cr_assert_eq(m.code, COAP_CONTENT);
    cr_assert_eq(m.id, 0xabcd);
    cr_assert_eq(m.token.length, 8);
    cr_assert_eq(memcmp(m.token.bytes, "12345678", 8), 0);
    cr_assert_eq(m.payload_length, 0);
}

Test(message, token_lengths_from_9_are_reserved)
{
    for (uint8_t length = 0; length <= 15; length++) {
        uint8_t bytes[4 + 16] = {(uint8_t)(0x40 | length), COAP_POST, 0x12, 0x34};
        struct coap_message m;
        enum coap_parse_result expected = length <= 8 ? COAP_PARSED : COAP_MALFORMED;

        cr_assert_eq(parse(&m, bytes, 4u + length), expected, "length %u", length);
        cr_assert_eq(m.id, 0x1234, "which the reset names");
    }
}

Test(message, a_token_that_is_cut_is_malformed)
{
    struct coap_message m;

    cr_assert_eq(PARSE("\x44\x02\x12\x34"
                       "123"),
                 COAP_MALFORMED);
    cr_assert_eq(m.type, COAP_CON);
    cr_assert_eq(m.id, 0x1234);
}

Test(message, classes_1_6_and_7_are_reserved)
{
    for (unsigned code = 1; code < 256; code++) {
        uint8_t bytes[4] = {0x40, (uint8_t)code, 0, 0};
        unsigned class = code >> 5;
        bool reserved = class == 1 || class == 6 || class == 7;
        struct coap_message m;

        cr_assert_eq(parse(&m, bytes, 4), reserved ? COAP_MALFORMED : COAP_PARSED, "%u.%02u", class,
                     code & 31);
    }
}

Test(message, an_empty_one_is_four_bytes_of_any_type)
{
    struct coap_message m;

    cr_assert_eq(PARSE("\x40\x00\x12\x34"), COAP_PARSED);
    cr_assert_eq(PARSE("\x50\x00\x12\x34"), COAP_PARSED);
    cr_assert_eq(PARSE("\x60\x00\x12\x34"), COAP_PARSED);
    cr_assert_eq(PARSE("\x70\x00\x12\x34"), COAP_PARSED);
    cr_assert_eq(PARSE("\x41\x00\x12\x34\x01"), COAP_MALFORMED, "a token");
    cr_assert_eq(PARSE("\x41\x00\x12\x34"), COAP_MALFORMED, "a token length");
    cr_assert_eq(PARSE("\x40\x00\x12\x34\x11\x01"), COAP_MALFORMED, "an option");
    cr_assert_eq(PARSE("\x40\x00\x12\x34\xff\x01"), COAP_MALFORMED, "a payload");
}

Test(message, a_marker_needs_a_payload_behind_it)
{
    struct coap_message m;

    cr_assert_eq(PARSE("\x40\x02\x12\x34\xff"), COAP_MALFORMED);
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xff\x00"), COAP_PARSED);
    cr_assert_eq(m.payload_length, 1);
    cr_assert_eq(m.options_length, 0);
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xff\xff"), COAP_PARSED, "the second one is payload");
    cr_assert_eq(m.payload_length, 1);
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xb1\x61\xff"), COAP_MALFORMED, "behind an option too");
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xb1\xff"), COAP_PARSED, "0xff as a value is none");
    cr_assert_eq(m.payload_length, 0);
}

Test(message, option_nibbles_of_15_are_reserved)
{
    struct coap_message m;

    cr_assert_eq(PARSE("\x40\x02\x12\x34\xf0\x00\x00"), COAP_MALFORMED, "a delta");
    cr_assert_eq(PARSE("\x40\x02\x12\x34\x0f\x00\x00"), COAP_MALFORMED, "a length");
}

Test(message, options_that_are_cut_are_malformed)
{
    struct coap_message m;

    cr_assert_eq(PARSE("\x40\x02\x12\x34\xb2\x61"), COAP_MALFORMED, "the value");
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xd0"), COAP_MALFORMED, "the extended delta");
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xe0\x00"), COAP_MALFORMED);
    cr_assert_eq(PARSE("\x40\x02\x12\x34\x0d"), COAP_MALFORMED, "the extended length");
    cr_assert_eq(PARSE("\x40\x02\x12\x34\x0e\x00"), COAP_MALFORMED);
    cr_assert_eq(PARSE("\x40\x02\x12\x34\x0e\xff\xff\x00"), COAP_MALFORMED, "of 65,804 bytes");
}

/* Reads one option of a message built around `encoded`. */
static struct coap_option only_option(const void *encoded, size_t length)
{
    static struct built_message b;
    struct coap_message m;
    struct coap_options options;
    struct coap_option o = {0}, more;

    b = build_message(COAP_CON, COAP_POST, 1, "");
    build_bytes(&b, encoded, length);
    m = built_parse(&b);
    options = coap_message_options(&m);
    cr_assert(coap_option_next(&options, &o));
    cr_assert_not(coap_option_next(&options, &more));
    cr_assert_not(options.c.failed);
    return o;
}

Test(message, extended_deltas)
{
    cr_assert_eq(only_option("\xc0", 1).number, 12);
    cr_assert_eq(only_option("\xd0\x00", 2).number, 13);
    cr_assert_eq(only_option("\xd0\xff", 2).number, 268);
    cr_assert_eq(only_option("\xe0\x00\x00", 3).number, 269);
    cr_assert_eq(only_option("\xe0\xfe\xf2", 3).number, 65535);
}

Test(message, extended_lengths)
{
    uint8_t encoded[3 + 300] = {0x0c};

    cr_assert_eq(only_option(encoded, 1 + 12).length, 12);
    encoded[0] = 0x0d;
    cr_assert_eq(only_option(encoded, 2 + 13).length, 13);
    encoded[1] = 255;
    cr_assert_eq(only_option(encoded, 2 + 268).length, 268);
    encoded[0] = 0x0e;
    encoded[1] = 0;
    cr_assert_eq(only_option(encoded, 3 + 269).length, 269);
    encoded[2] = 31;
    cr_assert_eq(only_option(encoded, 3 + 300).length, 300);
}

Test(message, an_option_number_is_at_most_65535)
{
    struct coap_message m;

    cr_assert_eq(PARSE("\x40\x02\x12\x34\xe0\xfe\xf3"), COAP_MALFORMED, "65536 in one delta");
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xe0\xfe\xf2\x10"), COAP_MALFORMED, "and in two");
    cr_assert_eq(PARSE("\x40\x02\x12\x34\xe0\xfe\xf2\x00"), COAP_PARSED, "65535 twice");
}

Test(message, integers_are_written_in_as_few_bytes_as_they_need)
{
    static const struct {
        uint32_t value;
        size_t length;
    } cases[] = {{0, 0}, {1, 1}, {255, 1}, {256, 2}, {65535, 2}, {65536, 3}, {UINT32_MAX, 4}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct built_message b = build_message(COAP_ACK, COAP_CONTENT, 1, "");
        struct coap_message m;

        build_option_uint(&b, COAP_OPTION_SIZE2, cases[i].value);
        m = built_parse(&b);
        cr_assert_eq(m.options_length, 2 + cases[i].length);
        cr_assert_eq(message_option_uint(&m, COAP_OPTION_SIZE2), cases[i].value);
    }
}

Test(message, an_empty_message_is_written_without_a_token)
{
    uint8_t bytes[8];
    struct writer w = writer_over(bytes, sizeof(bytes));

    coap_write_empty(&w, COAP_RST, 0xabcd);
    cr_assert_eq(writer_length(&w), 4);
    cr_assert_eq(memcmp(bytes, "\x70\x00\xab\xcd", 4), 0);
}

struct random_option {
    uint16_t number;
    uint16_t length;
};

static uint32_t random_size(struct random_source *random)
{
    static const uint32_t bounds[] = {1, 13, 15, 269, 300};

    return random_below(random, bounds[random_below(random, 5)] + 1);
}

/* Writes a message of random options, and the options into `written`. */
static uint32_t write_random(struct random_source *random, struct built_message *b,
                             struct random_option written[8])
{
    static const uint8_t value[400] = {[0] = 0xff, [17] = 0xff};
    uint32_t number = 0, count = random_below(random, 6);

    for (uint32_t i = 0; i < count; i++) {
        number += random_size(random) * (random_below(random, 8) ? 1 : 100);
        if (number > UINT16_MAX)
            number = UINT16_MAX;
        written[i] = (struct random_option){(uint16_t)number, (uint16_t)random_size(random)};
        build_option(b, written[i].number, value, written[i].length);
    }
    return count;
}

Test(message, what_is_written_is_read_again)
{
    struct random_source random;

    random_source_seed(&random, 1);
    for (int round = 0; round < 20000; round++) {
        struct built_message b = build_message(COAP_CON, COAP_POST, (uint16_t)round, "token");
        struct random_option written[8];
        uint32_t count = write_random(&random, &b, written);
        uint32_t payload = random_below(&random, 3);
        struct coap_message m;
        struct coap_options options;
        struct coap_option o;

        if (payload)
            build_payload(&b, "\xff\xff", payload);
        m = built_parse(&b);
        options = coap_message_options(&m);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert(coap_option_next(&options, &o));
            cr_assert_eq(o.number, written[i].number);
            cr_assert_eq(o.length, written[i].length);
        }
        cr_assert_not(coap_option_next(&options, &o));
        cr_assert_eq(m.id, (uint16_t)round);
        cr_assert_eq(m.payload_length, payload);
    }
}

/* Whatever the bytes, parsing stays within them, and what was parsed can be walked. */
Test(message, noise_is_read_within_its_bounds)
{
    struct random_source random;

    random_source_seed(&random, 2);
    for (int round = 0; round < 200000; round++) {
        uint8_t bytes[32];
        size_t length = random_below(&random, sizeof(bytes) + 1);
        struct coap_message m;

        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)random_next(&random);
        bytes[0] = (uint8_t)(0x40 | (bytes[0] & 0x3f));
        if (coap_message_parse(&m, bytes, length) != COAP_PARSED)
            continue;
        cr_assert_leq(m.options_length + m.payload_length + 4 + m.token.length, length);
        cr_assert_eq(m.payload + m.payload_length, bytes + length);
    }
}

/* Every prefix of a message is a message or is rejected, and is never read behind its end. */
Test(message, prefixes_are_read_within_their_bounds)
{
    struct built_message b = build_message(COAP_CON, COAP_POST, 7, "tkn");
    struct coap_message m;

    build_option_text(&b, COAP_OPTION_URI_PATH, "data");
    build_option_text(&b, COAP_OPTION_URI_QUERY, "t=a/longer/topic/than/thirteen");
    build_option_uint(&b, COAP_OPTION_NO_RESPONSE, 2);
    build_payload(&b, "payload", 7);
    for (size_t length = 0; length <= b.length; length++)
        parse(&m, b.bytes, length);
    cr_assert_eq(parse(&m, b.bytes, b.length), COAP_PARSED);
}
