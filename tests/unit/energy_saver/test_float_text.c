#include "base/random.h"
#include "workers/resources/energy_saver/float_text.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SAMPLES
#define SAMPLES 100000 /* of a kind; development had millions */
#endif

/* The digits that count, and the power of ten of the last one. */
struct decimal {
    char digits[32];
    int exponent;
};

static struct decimal parse(const char *text)
{
    struct decimal d = {0};
    const char *e = strchr(text, 'e'), *point = strchr(text, '.');
    size_t count = 0;

    d.exponent = e ? atoi(e + 1) : 0;
    for (const char *c = text; c < (e ? e : text + strlen(text)); c++) {
        if (isdigit((unsigned char)*c) && (count || *c != '0'))
            d.digits[count++] = *c;
        if (isdigit((unsigned char)*c) && point && c > point)
            d.exponent--;
    }
    for (; count && d.digits[count - 1] == '0'; d.exponent++)
        d.digits[--count] = 0;
    return d;
}

static bool reads_back(const char *text, double number, bool is_single)
{
    return is_single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number;
}

/* Tries one number of digits after the other; of each the nearest decimal, and the one above it,
 * which may be good where the number below a power of two is nearer than the one above. */
static struct decimal reference(double number, bool is_single)
{
    char text[64];

    for (int count = 1;; count++) {
        char above[64], *e;

        snprintf(text, sizeof(text), "%.*e", count - 1, number);
        if (reads_back(text, number, is_single))
            return parse(text);
        e = strchr(text, 'e');
        snprintf(above, sizeof(above), "%.0Lfe%d",
                 strtold(text, NULL) / powl(10, atoi(e + 1) - count + 1) + 1,
                 atoi(e + 1) - count + 1);
        if (count < 17 && reads_back(above, number, is_single))
            return parse(above);
    }
}

static const char *written(double number, bool is_single)
{
    static char text[64];
    struct writer w = writer_over(text, sizeof(text));

    if (is_single)
        float_text_write_single(&w, (float)number);
    else
        float_text_write_double(&w, number);
    writer_terminate(&w);
    cr_assert_not(w.failed);
    return text;
}

static void expect_shortest(double number, bool is_single)
{
    const char *text = written(number, is_single);
    struct decimal got = parse(text), expected;

    if (!isfinite(number) || number == 0)
        return;
    expected = reference(fabs(number), is_single);
    cr_assert(reads_back(text, number, is_single), "%a: %s", number, text);
    cr_assert(strcmp(got.digits, expected.digits) == 0 && got.exponent == expected.exponent,
              "%a: %s, expected %se%d", number, text, expected.digits, expected.exponent);
}

static double single_of(uint64_t bits)
{
    uint32_t half = (uint32_t)bits;
    float number;

    memcpy(&number, &half, sizeof(number));
    return number;
}

static double double_of(uint64_t bits)
{
    double number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

/* What a sensor sends: some digits, and some of them behind the point. */
static double reading(struct random_source *random)
{
    static const double powers[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    double whole = (double)(random_next(random) >> (24 + random_next(random) % 36));

    return whole / powers[random_next(random) % 10];
}

Test(float_text, singles_of_any_bits)
{
    struct random_source random;

    random_source_seed(&random, 1);
    for (int i = 0; i < SAMPLES; i++)
        expect_shortest(single_of(random_next(&random)), true);
}

Test(float_text, singles_that_sensors_send)
{
    struct random_source random;

    random_source_seed(&random, 2);
    for (int i = 0; i < SAMPLES; i++)
        expect_shortest((float)reading(&random), true);
}

/* Below a power of two the next number is nearer. */
Test(float_text, powers_of_two_and_their_neighbours)
{
    for (uint64_t exponent = 0; exponent < 255; exponent++)
        for (uint64_t offset = 0; offset < 5; offset++)
            expect_shortest(single_of((exponent << 23) + offset - 2), true);
    for (uint64_t exponent = 0; exponent < 2047; exponent++)
        for (uint64_t offset = 0; offset < 5; offset++)
            expect_shortest(double_of((exponent << 52) + offset - 2), false);
}

Test(float_text, doubles_of_any_bits)
{
    struct random_source random;

    random_source_seed(&random, 3);
    for (int i = 0; i < SAMPLES / 2; i++)
        expect_shortest(double_of(random_next(&random)), false);
}

Test(float_text, doubles_that_sensors_send)
{
    struct random_source random;

    random_source_seed(&random, 4);
    for (int i = 0; i < SAMPLES / 2; i++)
        expect_shortest(reading(&random), false);
}

Test(float_text, form)
{
    static const struct {
        double number;
        const char *text;
    } numbers[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {1200, "1200"},
        {1e-6, "0.000001"},
        {1.5e-6, "0.0000015"},
        {1e-7, "1e-7"},
        {1.25e-7, "1.25e-7"},
        {123456789, "123456789"},
        {1e15, "1000000000000000"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {-1.5e300, "-1.5e+300"},
        {5e-324, "5e-324"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
        {NAN, "null"},
        {0.3, "0.3"},
        {1e23, "1e+23"},
        {9007199254740993.0, "9007199254740992"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
    };
    static const struct {
        float number;
        const char *text;
    } singles[] = {
        {0.1F, "0.1"},
        {16777216, "16777216"},
        {1e9F, "1000000000"},
        {999999999, "1000000000"},
        {1e-4F, "0.0001"},
        {0.000099F, "0.000099"},
        {1e21F, "1e+21"},
        {-0.0F, "-0"},
        {FLT_MAX, "3.4028235e+38"},
        {FLT_MIN, "1.1754944e-38"},
        {8388608.5F, "8388608"},
        {8388609.0F, "8388609"},
        {4194304.5F, "4194304.5"},
        {33554432, "33554432"},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        cr_expect_str_eq(written(numbers[i].number, false), numbers[i].text);
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
        cr_expect_str_eq(written(singles[i].number, true), singles[i].text);
}
