#include "tests/unit/coap/message_builder.h"
#include "workers/coap/response.h"

#include <criterion/criterion.h>

static size_t write_response(uint8_t bytes[64], const struct coap_response *r)
{
    struct writer w = writer_over(bytes, 64);

    coap_write_response(&w, r);
    cr_assert_not(w.failed);
    return writer_length(&w);
}

Test(response, a_code_alone_adds_nothing)
{
    struct coap_response r = coap_response_of(COAP_CHANGED);
    uint8_t bytes[64];

    cr_assert_eq(write_response(bytes, &r), 0);
}

Test(response, options_come_in_ascending_order)
{
    struct coap_response r = {.code = COAP_CONTENT,
                              .content_format = COAP_LINK_FORMAT,
                              .max_age = 5,
                              .block2 = 6,
                              .block1 = 0x18,
                              .size2 = 2000,
                              .size1 = 65536,
                              .payload = (const uint8_t *)"x",
                              .payload_length = 1};
    uint8_t bytes[64] = {0x60, COAP_CONTENT, 0, 0};
    struct writer w = writer_over(bytes + 4, sizeof(bytes) - 4);
    struct coap_message m;

    coap_write_response(&w, &r);
    cr_assert_eq(coap_message_parse(&m, bytes, 4 + writer_length(&w)), COAP_PARSED);
    cr_assert_eq(message_option_uint(&m, COAP_OPTION_CONTENT_FORMAT), COAP_LINK_FORMAT);
    cr_assert_eq(message_option_uint(&m, COAP_OPTION_MAX_AGE), 5);
    cr_assert_eq(message_option_uint(&m, COAP_OPTION_BLOCK2), 6);
    cr_assert_eq(message_option_uint(&m, COAP_OPTION_BLOCK1), 0x18);
    cr_assert_eq(message_option_uint(&m, COAP_OPTION_SIZE2), 2000);
    cr_assert_eq(message_option_uint(&m, COAP_OPTION_SIZE1), 65536);
    cr_assert_eq(m.payload_length, 1);
}

Test(response, a_format_of_0_is_an_empty_value)
{
    struct coap_response r = coap_response_of(COAP_CONTENT);
    uint8_t bytes[64];

    r.content_format = COAP_TEXT_PLAIN;
    cr_assert_eq(write_response(bytes, &r), 1);
    cr_assert_eq(bytes[0], 0xc0);
}
