#include "base/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define ROOM 64

/* What was written is `text`, and no byte behind it was touched. */
static void expect(const struct writer *w, const char *text)
{
    cr_assert_not(w->failed);
    cr_assert_eq(writer_length(w), strlen(text), "%.*s instead of %s", (int)writer_length(w),
                 (const char *)w->start, text);
    cr_assert_arr_eq(w->start, text, strlen(text));
}

Test(writer, appends_integers_in_network_byte_order)
{
    uint8_t buffer[ROOM];
    struct writer w = writer_over(buffer, sizeof(buffer));

    writer_u8(&w, 0x40);
    writer_u16(&w, 0x1234);
    writer_bytes(&w, "\xff\x00", 2);
    writer_bytes(&w, NULL, 0);
    cr_assert_eq(writer_length(&w), 5);
    cr_assert_arr_eq(buffer, "\x40\x12\x34\xff\x00", 5);
}

Test(writer, appends_texts)
{
    uint8_t buffer[ROOM];
    struct writer w = writer_over(buffer, sizeof(buffer));

    writer_literal(&w, "{\"");
    writer_text(&w, "");
    writer_text(&w, "iccid");
    writer_literal(&w, "\":");
    writer_format(&w, "%s%03u", "#", 7U);
    expect(&w, "{\"iccid\":#007");
}

Test(writer, decimals)
{
    static const struct {
        uint64_t value;
        const char *text;
    } rows[] = {
        {0, "0"},     {9, "9"},
        {10, "10"},   {1670598749915, "1670598749915"},
        {100, "100"}, {UINT64_MAX, "18446744073709551615"},
        {99, "99"},   {1005, "1005"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t buffer[ROOM];
        struct writer w = writer_over(buffer, sizeof(buffer));

        writer_decimal(&w, rows[i].value);
        expect(&w, rows[i].text);
    }
}

Test(writer, decimals_around_each_power_of_ten)
{
    for (uint64_t power = 1;; power *= 10) {
        for (uint64_t value = power - 1; value <= power + 1; value++) {
            uint8_t buffer[ROOM];
            struct writer w = writer_over(buffer, sizeof(buffer));
            char text[24];

            snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
            writer_decimal(&w, value);
            expect(&w, text);
        }
        if (power > UINT64_MAX / 10)
            break;
    }
}

Test(writer, hexadecimals_have_the_digits_asked_for)
{
    uint8_t buffer[ROOM];
    struct writer w = writer_over(buffer, sizeof(buffer));

    writer_hex(&w, 0x6393505d, 8);
    writer_text(&w, " ");
    writer_hex(&w, 0xa, 4);
    writer_text(&w, " ");
    writer_hex(&w, 0x1f, 1);
    writer_text(&w, " ");
    writer_hex(&w, UINT64_MAX - 1, 16);
    writer_text(&w, " ");
    writer_hex(&w, UINT64_C(0x0123456789abcdef), 16);
    expect(&w, "6393505d 000a f fffffffffffffffe 0123456789abcdef");
}

/* RFC 4648 §10 */
Test(writer, base64_vectors)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t buffer[ROOM];
        struct writer w = writer_over(buffer, sizeof(buffer));

        writer_base64(&w, (const uint8_t *)rows[i][0], strlen(rows[i][0]));
        expect(&w, rows[i][1]);
    }
}

Test(writer, base64_of_bytes_beyond_ascii)
{
    static const uint8_t bytes[] = {0xfb, 0xff, 0xbf, 0x00, 0xff};
    uint8_t buffer[ROOM];
    struct writer w = writer_over(buffer, sizeof(buffer));

    writer_base64(&w, bytes, sizeof(bytes));
    expect(&w, "+/+/AP8=");
}

Test(writer, a_full_buffer_is_no_error)
{
    uint8_t buffer[4];
    struct writer w = writer_over(buffer, sizeof(buffer));

    writer_base64(&w, (const uint8_t *)"abc", 3);
    expect(&w, "YWJj");
    writer_bytes(&w, NULL, 0);
    expect(&w, "YWJj");
}

Test(writer, what_does_not_fit_is_left_out_whole_and_the_error_sticks)
{
    uint8_t buffer[ROOM] = "............";
    struct writer w = writer_over(buffer, 6);

    writer_text(&w, "four");
    writer_text(&w, "six666");
    cr_assert(w.failed);
    writer_u8(&w, 'x');
    writer_u16(&w, 0x7878);
    writer_decimal(&w, 1);
    writer_hex(&w, 1, 1);
    writer_base64(&w, buffer, 0);
    writer_format(&w, "x");
    cr_assert_null(writer_reserve(&w, 1));
    cr_assert_eq(writer_length(&w), 4);
    cr_assert_arr_eq(buffer, "four......", 10);
}

/* Each kind of write into room for one byte less than it takes. */
Test(writer, every_kind_fails_at_the_boundary)
{
    uint8_t buffer[ROOM];
    struct writer w;

    w = writer_over(buffer, 0);
    writer_u8(&w, 1);
    cr_expect(w.failed);
    w = writer_over(buffer, 1);
    writer_u16(&w, 1);
    cr_expect(w.failed);
    w = writer_over(buffer, 19);
    writer_decimal(&w, UINT64_MAX);
    cr_expect(w.failed);
    w = writer_over(buffer, 15);
    writer_hex(&w, 0, 16);
    cr_expect(w.failed);
    w = writer_over(buffer, 3);
    writer_base64(&w, buffer, 1);
    cr_expect(w.failed);
    w = writer_over(buffer, 4);
    writer_format(&w, "%s", "four"); /* printf's NUL needs room too */
    cr_expect(w.failed);
    cr_expect_eq(writer_length(&w), 0);
}

Test(writer, the_closing_nul_does_not_count_but_needs_room)
{
    uint8_t buffer[4] = "....";
    struct writer w = writer_over(buffer, sizeof(buffer));

    writer_text(&w, "abc");
    writer_terminate(&w);
    cr_assert_not(w.failed);
    cr_assert_eq(writer_length(&w), 3);
    cr_assert_str_eq((char *)buffer, "abc");
    writer_u8(&w, 'd');
    writer_terminate(&w);
    cr_assert(w.failed);
}
