#include "tests/unit/coap/message_builder.h"
#include "workers/coap/request.h"

#include <criterion/criterion.h>

static struct built_message post(void)
{
    return build_message(COAP_CON, COAP_POST, 1, "");
}

/* The texts borrow the builder's bytes. */
static struct coap_request read_built(const struct built_message *b)
{
    struct coap_message m = built_parse(b);
    struct coap_request r;

    coap_request_read(&r, &m);
    return r;
}

Test(request, without_options_says_nothing)
{
    struct built_message b = post();
    struct coap_request r = read_built(&b);

    cr_assert_eq(r.path_count, 0);
    cr_assert_eq(r.accept, -1);
    cr_assert_eq(r.no_response, 0);
    cr_assert_not(r.block1.present || r.block2.present || r.bad_option || r.proxying ||
                  r.query_too_long);
}

Test(request, path_segments_count_up_to_three)
{
    struct built_message b = post();

    for (uint32_t n = 1; n <= 5; n++) {
        struct coap_request r;

        build_option_text(&b, COAP_OPTION_URI_PATH, "seg");
        r = read_built(&b);
        cr_assert_eq(r.path_count, n < COAP_REQUEST_SEGMENTS ? n : COAP_REQUEST_SEGMENTS);
        cr_assert_eq(r.path[0].length, 3);
        cr_assert_not(r.bad_option, "Uri-Path may be repeated");
    }
}

Test(request, a_path_segment_may_be_empty)
{
    struct built_message b = post();
    struct coap_request r;

    build_option_text(&b, COAP_OPTION_URI_PATH, "");
    r = read_built(&b);
    cr_assert_eq(r.path_count, 1);
    cr_assert_eq(r.path[0].length, 0);
}

static const uint8_t long_value[2000];

/* What becomes of one option with a value of `length` bytes. */
static struct coap_request with_length(uint16_t number, size_t length)
{
    static struct built_message b;

    b = post();
    build_option(&b, number, long_value, length);
    return read_built(&b);
}

Test(request, critical_options_of_an_illegal_length_are_bad)
{
    static const struct {
        uint16_t number;
        size_t longest;
    } cases[] = {
        {COAP_OPTION_URI_HOST, 255},   {COAP_OPTION_URI_PORT, 2},       {COAP_OPTION_URI_PATH, 255},
        {COAP_OPTION_ACCEPT, 2},       {COAP_OPTION_BLOCK1, 3},         {COAP_OPTION_BLOCK2, 3},
        {COAP_OPTION_PROXY_URI, 1034}, {COAP_OPTION_PROXY_SCHEME, 255},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_not(with_length(cases[i].number, cases[i].longest).bad_option, "option %u",
                      cases[i].number);
        cr_assert(with_length(cases[i].number, cases[i].longest + 1).bad_option, "option %u",
                  cases[i].number);
    }
}

Test(request, elective_options_of_an_illegal_length_are_ignored)
{
    struct built_message b = post();
    struct coap_request r;

    build_option(&b, COAP_OPTION_SIZE1, "\1\1\1\1\1", 5);
    build_option(&b, COAP_OPTION_NO_RESPONSE, "\2\2", 2);
    r = read_built(&b);
    cr_assert_eq(r.size1, 0);
    cr_assert_eq(r.no_response, 0);
    cr_assert_not(r.bad_option);
}

Test(request, unknown_options_matter_when_they_are_critical)
{
    cr_assert(with_length(1, 0).bad_option, "If-Match");
    cr_assert(with_length(5, 0).bad_option, "If-None-Match");
    cr_assert(with_length(9, 0).bad_option);
    cr_assert(with_length(65001, 3).bad_option);
    cr_assert_not(with_length(6, 0).bad_option, "Observe");
    cr_assert_not(with_length(COAP_OPTION_CONTENT_FORMAT, 1).bad_option);
    cr_assert_not(with_length(COAP_OPTION_MAX_AGE, 4).bad_option);
    cr_assert_not(with_length(COAP_OPTION_ETAG, 8).bad_option);
    cr_assert_not(with_length(65000, 300).bad_option);
}

Test(request, a_repeated_critical_option_is_bad)
{
    struct built_message b = post();

    build_option_uint(&b, COAP_OPTION_ACCEPT, 0);
    build_option_uint(&b, COAP_OPTION_ACCEPT, 40);
    cr_assert(read_built(&b).bad_option);
    cr_assert_eq(read_built(&b).accept, 0, "the first one counts");
}

Test(request, a_repeated_elective_option_is_ignored)
{
    struct built_message b = post();

    build_option_uint(&b, COAP_OPTION_NO_RESPONSE, 2);
    build_option_uint(&b, COAP_OPTION_NO_RESPONSE, 26);
    cr_assert_eq(read_built(&b).no_response, 2);
    cr_assert_not(read_built(&b).bad_option);
}

Test(request, block_options_have_number_more_and_size)
{
    struct built_message b = post();
    struct coap_request r;

    build_option_block(&b, COAP_OPTION_BLOCK2, 0, false, 0);
    build_option_block(&b, COAP_OPTION_BLOCK1, (1u << 20) - 1, true, 6);
    r = read_built(&b);
    cr_assert(r.block2.present);
    cr_assert_eq(r.block2.number, 0);
    cr_assert_not(r.block2.more);
    cr_assert_eq(coap_block_size(&r.block2), 16);
    cr_assert(r.block1.present && r.block1.more);
    cr_assert_eq(r.block1.number, (1u << 20) - 1);
    cr_assert_eq(coap_block_size(&r.block1), 1024);
    cr_assert_eq(coap_block_encode(&r.block1), 0xfffffeu);
}

Test(request, an_accept_of_no_bytes_is_text_plain)
{
    cr_assert_eq(with_length(COAP_OPTION_ACCEPT, 0).accept, 0);
}

Test(request, a_query_has_at_most_255_bytes)
{
    cr_assert_not(with_length(COAP_OPTION_URI_QUERY, 255).query_too_long);
    cr_assert(with_length(COAP_OPTION_URI_QUERY, 256).query_too_long);
    cr_assert_not(with_length(COAP_OPTION_URI_QUERY, 256).bad_option, "4.00 and not 4.02");
    cr_assert_not(with_length(COAP_OPTION_LOCATION_QUERY, 255).query_too_long);
    cr_assert(with_length(COAP_OPTION_LOCATION_QUERY, 256).query_too_long);
}

Test(request, proxy_options_ask_for_a_proxy)
{
    cr_assert(with_length(COAP_OPTION_PROXY_URI, 10).proxying);
    cr_assert(with_length(COAP_OPTION_PROXY_SCHEME, 4).proxying);
}

/* RFC 7967 §2.1: bit n-1 asks for no response of class n. */
Test(request, no_response_names_classes)
{
    cr_assert(coap_suppresses(2, COAP_CHANGED));
    cr_assert_not(coap_suppresses(2, COAP_BAD_REQUEST));
    cr_assert(coap_suppresses(8, COAP_BAD_REQUEST));
    cr_assert(coap_suppresses(16, COAP_BAD_GATEWAY));
    cr_assert_not(coap_suppresses(16, COAP_CHANGED));
    cr_assert(coap_suppresses(26, COAP_CHANGED) && coap_suppresses(26, COAP_NOT_FOUND) &&
              coap_suppresses(26, COAP_GATEWAY_TIMEOUT));
    cr_assert_not(coap_suppresses(0, COAP_CHANGED), "0 asks for all of them");
}
