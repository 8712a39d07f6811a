#include "loadtest/report/format.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <math.h>

#define is(text, ...) cr_assert_str_eq(__VA_ARGS__, text)

Test(format, counts_have_separators)
{
    char text[FORMAT_TEXT];

    is("0", format_count(text, 0));
    is("999", format_count(text, 999));
    is("1,000", format_count(text, 1000));
    is("12,345,678", format_count(text, 12345678));
    is("18,446,744,073,709,551,615", format_count(text, UINT64_MAX));
}

Test(format, numbers_have_the_digits_that_matter)
{
    char text[FORMAT_TEXT];

    is("0", format_number(text, 0));
    is("0.12", format_number(text, 0.123));
    is("7", format_number(text, 7));
    is("9.99", format_number(text, 9.99));
    is("10.0", format_number(text, 9.996));
    is("99.9", format_number(text, 99.94));
    is("100", format_number(text, 99.96));
    is("12,346", format_number(text, 12345.6));
    is("0", format_number(text, NAN));
    is("0", format_number(text, -1));
    is("1,000,000,000,000,000,000", format_number(text, INFINITY));
}

static const char *duration(char *text, double nanoseconds)
{
    return format_duration(text, (uint64_t)nanoseconds, FORMAT_US_ASCII);
}

Test(format, durations_have_three_digits_and_a_unit)
{
    char text[FORMAT_TEXT];

    is("0", duration(text, 0));
    is("999 ns", duration(text, 999));
    is("1.00 us", duration(text, 1000));
    is("99.9 us", duration(text, 99940));
    is("100 us", duration(text, 99960));
    is("999 us", duration(text, 999400));
    is("1.00 ms", duration(text, 999600));
    is("1.24 ms", duration(text, 1.24e6));
    is("12.0 s", duration(text, 12e9));
    is("119 s", duration(text, 119e9));
    is("2 min 0 s", duration(text, 120e9));
    is("59 min 59 s", duration(text, 3599e9));
    is("1 h", duration(text, 3599.9e9));
    is("2 h 5 min", duration(text, 7500e9));
    is("1.00 \302\265s", format_duration(text, 1000, FORMAT_US_SIGN));
}

Test(format, shares_are_neither_none_nor_all_by_rounding)
{
    char text[FORMAT_TEXT];

    is("0 %", format_share(text, 0));
    is("< 0.01 %", format_share(text, 1e-9));
    is("0.10 %", format_share(text, 0.001));
    is("12.3 %", format_share(text, 0.123));
    is("94.3 %", format_share(text, 0.9433));
    is("99.0 %", format_share(text, 0.9899));
    is("99.00 %", format_share(text, 0.99));
    is("99.95 %", format_share(text, 0.9995));
    is("> 99.99 %", format_share(text, 0.999999));
    is("100 %", format_share(text, 1));
    is("400 %", format_share(text, 4));
    is("0 %", format_share(text, NAN));
}

Test(format, ticks_have_no_decimals_that_say_nothing)
{
    char text[FORMAT_TEXT];

    is("0", format_whole_duration(text, 0));
    is("2 ms", format_whole_duration(text, 0.002));
    is("500 \302\265s", format_whole_duration(text, 0.0005));
    is("1 s", format_whole_duration(text, 1));
    is("50 ns", format_whole_duration(text, 5e-8));
    is("20 %", format_whole_share(text, 0.2));
    is("0.5 %", format_whole_share(text, 0.005));
}

Test(format, times)
{
    char text[FORMAT_TEXT];

    is("2026-11-23 04:42:09 UTC", format_time(text, UINT64_C(1795408929123)));
    is("2026-11-23T04:42:09.007Z", format_timestamp(text, UINT64_C(1795408929007)));
    is("1970-01-01T00:00:00.000Z", format_timestamp(text, 0));
}
