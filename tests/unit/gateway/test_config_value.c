#include "base/clock.h"
#include "gateway/config.h"
#include "gateway/config_value.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct config_kind text = {CONFIG_TEXT, 0, 0, NULL};
static const struct config_kind secret = {CONFIG_SECRET, 0, 0, NULL};
static const struct config_kind boolean = {CONFIG_BOOL, 0, 0, NULL};
static const struct config_kind number = {CONFIG_UNSIGNED, 2, 300, NULL};
static const struct config_kind decimal = {CONFIG_DECIMAL, 1, 4, NULL};
static const struct config_kind duration = {CONFIG_DURATION, CLOCK_MILLISECOND, 7200 * CLOCK_SECOND,
                                            NULL};
static const struct config_kind patience = {CONFIG_DURATION, 0, CLOCK_SECOND, NULL};
static const struct config_kind seconds = {CONFIG_SECONDS, CLOCK_SECOND, 65535 * CLOCK_SECOND,
                                           NULL};
static const struct config_kind size = {CONFIG_SIZE, 16, UINT64_C(64) << 30, NULL};
static const struct config_kind colour = {CONFIG_CHOICE, 0, 0, colours};
static const struct config_kind addresses = {CONFIG_ADDRESSES, 0, CONFIG_ADDRESSES_MAX, NULL};
static const struct config_kind some_addresses = {CONFIG_ADDRESSES, 1, 2, NULL};
static const struct config_kind prefixes = {CONFIG_PREFIXES, 1, CONFIG_PREFIXES_MAX, NULL};

union any_field {
    const char *text;
    bool boolean;
    uint32_t number;
    uint64_t large;
    double decimal;
    struct config_addresses addresses;
    struct config_prefixes prefixes;
};

static bool legal(const struct config_kind *kind, const char *value)
{
    union any_field field;
    int result;

    memset(&field, 0, sizeof(field));
    result = config_value_parse(kind, value, &field);
    cr_assert(result == 0 || result == CONFIG_VALUE_ILLEGAL);
    config_value_free(kind, &field);
    return result == 0;
}

static uint64_t large(const struct config_kind *kind, const char *value)
{
    uint64_t field = UINT64_MAX;

    cr_expect_eq(config_value_parse(kind, value, &field), 0, "%s", value);
    return field;
}

/* What is printed of a value that was read. */
static void expect_printed(const struct config_kind *kind, const char *value, const char *expected)
{
    union any_field field;
    char *printed = NULL;
    size_t length;
    FILE *out = open_memstream(&printed, &length);

    memset(&field, 0, sizeof(field));
    cr_assert_eq(config_value_parse(kind, value, &field), 0, "%s", value);
    config_value_print(out, kind, &field);
    fclose(out);
    cr_expect_str_eq(printed, expected);
    free(printed);
    config_value_free(kind, &field);
}

Test(config_value, durations_need_a_unit_but_zero)
{
    cr_expect_eq(large(&duration, "250ms"), 250 * CLOCK_MILLISECOND);
    cr_expect_eq(large(&duration, "10s"), 10 * CLOCK_SECOND);
    cr_expect_eq(large(&duration, "5m"), 300 * CLOCK_SECOND);
    cr_expect_eq(large(&duration, "2h"), 7200 * CLOCK_SECOND);
    cr_expect_eq(large(&patience, "0"), 0);
    cr_expect_eq(large(&patience, "0s"), 0);
    for (const char *const *v = (const char *const[]){"", "10", "s", "1.5s", "-1s", "1 s", "1S",
                                                      "1d", "0", "3h", "1ss", "0x1s", NULL};
         *v; v++)
        cr_expect(!legal(&duration, *v), "%s", *v);
}

Test(config_value, numbers_that_overflow_are_illegal)
{
    cr_expect(!legal(&duration, "99999999999999999999s"));
    cr_expect(!legal(&duration, "5124096h")); /* 2^64 ns and a little */
    cr_expect(!legal(&size, "17179869185G"));
    cr_expect(!legal(&number, "4294967298")); /* 2^32 + 2 */
}

Test(config_value, seconds_are_whole)
{
    uint32_t field = 0;

    cr_assert_eq(config_value_parse(&seconds, "2m", &field), 0);
    cr_expect_eq(field, 120);
    cr_expect(legal(&seconds, "2000ms"));
    cr_expect(!legal(&seconds, "1500ms"));
    expect_printed(&seconds, "90s", "90s");
}

Test(config_value, sizes_are_powers_of_1024)
{
    cr_expect_eq(large(&size, "16"), 16);
    cr_expect_eq(large(&size, "64K"), 65536);
    cr_expect_eq(large(&size, "16M"), 16 << 20);
    cr_expect_eq(large(&size, "64G"), UINT64_C(64) << 30);
    cr_expect(!legal(&size, "15"));
    cr_expect(!legal(&size, "65G"));
    cr_expect(!legal(&size, "64KB"));
    cr_expect(!legal(&size, "64k"));
}

Test(config_value, numbers_have_a_range)
{
    cr_expect(legal(&number, "2"));
    cr_expect(legal(&number, "300"));
    for (const char *const *v =
             (const char *const[]){"1", "301", "", "+2", "-2", " 2", "2 ", "2x", NULL};
         *v; v++)
        cr_expect(!legal(&number, *v), "%s", *v);
}

Test(config_value, decimals_are_digits_and_a_point)
{
    cr_expect(legal(&decimal, "1"));
    cr_expect(legal(&decimal, "1.5"));
    cr_expect(legal(&decimal, "4.0"));
    for (const char *const *v =
             (const char *const[]){"", ".", "0.99", "4.01", "1,5", "2e0", "nan", "1.2.3", NULL};
         *v; v++)
        cr_expect(!legal(&decimal, *v), "%s", *v);
    expect_printed(&decimal, "1.10", "1.1");
    expect_printed(&decimal, "1.2345678901", "1.2345678901");
}

Test(config_value, booleans_have_eight_words)
{
    expect_printed(&boolean, "true", "true");
    expect_printed(&boolean, "YES", "true");
    expect_printed(&boolean, "on", "true");
    expect_printed(&boolean, "1", "true");
    expect_printed(&boolean, "false", "false");
    expect_printed(&boolean, "no", "false");
    expect_printed(&boolean, "off", "false");
    expect_printed(&boolean, "0", "false");
    cr_expect(!legal(&boolean, ""));
    cr_expect(!legal(&boolean, "2"));
}

Test(config_value, choices_count_their_words)
{
    unsigned field = 9;

    cr_assert_eq(config_value_parse(&colour, "blue", &field), 0);
    cr_expect_eq(field, 2);
    cr_expect_eq(config_value_parse(&colour, "pink", &field), CONFIG_VALUE_ILLEGAL);
    cr_expect_eq(field, 2, "an illegal value leaves the field alone");
    expect_printed(&colour, "green", "green");
}

Test(config_value, texts_are_one_line)
{
    cr_expect(legal(&text, ""));
    cr_expect(legal(&text, "Grüße ; # = :"));
    cr_expect(!legal(&text, "two\nlines"));
    cr_expect(!legal(&text, "a\tb"));
    expect_printed(&text, "as it is", "as it is");
    expect_printed(&secret, "hunter2", "");
}

Test(config_value, addresses_come_in_lists)
{
    struct config_addresses list = {.count = 7};

    cr_assert_eq(config_value_parse(&addresses, "10.0.0.1:5683 , [::1]:0", &list), 0);
    cr_assert_eq(list.count, 2);
    cr_expect_eq(list.list[0].port, 5683);
    cr_expect_eq(list.list[1].ip[15], 1);
    cr_assert_eq(config_value_parse(&addresses, "", &list), 0);
    cr_expect_eq(list.count, 0);
    cr_expect(!legal(&some_addresses, ""));
    cr_expect(!legal(&some_addresses, "1.1.1.1:1,1.1.1.1:2,1.1.1.1:3"));
    for (const char *const *v = (const char *const[]){",", "1.1.1.1:1,", ",1.1.1.1:1", "1.1.1.1",
                                                      "host:1", "::1:5683", "1.1.1.1:65536", NULL};
         *v; v++)
        cr_expect(!legal(&addresses, *v), "%s", *v);
    expect_printed(&addresses, " 10.0.0.1:5683 , [::1]:0", "10.0.0.1:5683,[::1]:0");
    expect_printed(&addresses, "[fe80::1%77777]:5683", "[fe80::1%77777]:5683");
}

Test(config_value, prefixes_come_in_lists)
{
    expect_printed(&prefixes, "10.0.0.0/8, fd00::/8,1.2.3.4", "10.0.0.0/8,fd00::/8,1.2.3.4/32");
    expect_printed(&prefixes, "0.0.0.0/0,::/0", "0.0.0.0/0,::/0");
    cr_expect(!legal(&prefixes, ""));
    cr_expect(!legal(&prefixes, "10.0.0.1/8"));
    cr_expect(!legal(&prefixes, "10.0.0.0/33"));
}

Test(config_value, a_list_that_is_full_takes_no_more)
{
    char list[CONFIG_PREFIXES_MAX * 12 + 12] = "";

    for (unsigned i = 0; i < CONFIG_PREFIXES_MAX; i++)
        strcat(list, i ? ",10.0.0.0/8" : "10.0.0.0/8");
    cr_expect(legal(&prefixes, list));
    strcat(list, ",10.0.0.0/8");
    cr_expect(!legal(&prefixes, list));
}

Test(config_value, numbers_are_printed_in_the_largest_unit)
{
    expect_printed(&duration, "1500ms", "1500ms");
    expect_printed(&duration, "120s", "2m");
    expect_printed(&patience, "0s", "0");
    expect_printed(&size, "1048576", "1M");
    expect_printed(&size, "1025", "1025");
}

Test(config_value, what_is_legal_is_said)
{
    const struct config_kind *kinds[] = {&number, &colour, &some_addresses, &duration};
    const char *expected[] = {"a whole number from 2 to 300", "red, green or blue",
                              "1 to 2 addresses with ports, such as 127.0.0.1:5683 or [::1]:5683",
                              "a duration (ms, s, m, h) from 1ms to 2h"};
    char *printed;
    size_t length;
    FILE *out;

    for (size_t i = 0; i < 4; i++) {
        out = open_memstream(&printed, &length);
        config_kind_print(out, kinds[i]);
        fclose(out);
        cr_expect_str_eq(printed, expected[i]);
        free(printed);
    }
}
