#include "workers/resources/energy_saver/float_text.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number digits × 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* All of them exact. */
static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

static bool is_single(const struct decimal *d, double number)
{
    char text[40];

    snprintf(text, sizeof(text), "%llue%d", (unsigned long long)d->digits, d->exponent);
    return strtof(text, NULL) == (float)number;
}

static bool is_double(const struct decimal *d, double number)
{
    char text[40];

    snprintf(text, sizeof(text), "%llue%d", (unsigned long long)d->digits, d->exponent);
    return strtod(text, NULL) == number;
}

/* The nearest decimal of `count` digits. */
static struct decimal nearest(double number, int count)
{
    struct decimal d = {0};
    char text[40];
    const char *c = text;

    snprintf(text, sizeof(text), "%.*e", count - 1, number);
    for (; *c != 'e'; c++)
        if (isdigit((unsigned char)*c)) /* and no decimal point, whatever that is here */
            d.digits = d.digits * 10 + (uint64_t)(*c - '0');
    d.exponent = atoi(c + 1) - (count - 1);
    return d;
}

/*
 * Tries one count of digits after the other, from one on at which at most one decimal reads back.
 * Above a power of two numbers are farther apart than below it: there the next decimal may be good
 * where the nearest, which is lower, is not.
 */
static struct decimal search(double number, int count, int most,
                             bool (*is)(const struct decimal *d, double number))
{
    for (;; count++) {
        struct decimal d = nearest(number, count);

        if (count >= most || is(&d, number))
            return d;
        d.digits++;
        if (is(&d, number))
            return d;
    }
}

static struct decimal search_single(float number)
{
    return search(number, number < FLT_MIN ? 1 : FLT_DIG, FLT_DECIMAL_DIG, is_single);
}

static struct decimal search_double(double number)
{
    return search(number, number < DBL_MIN ? 1 : DBL_DIG, DBL_DECIMAL_DIG, is_double);
}

/* Of the whole numbers from `least` to `most` the one with the fewest digits that count, and of
 * several such the nearest to `exact`. */
static struct decimal choose(uint64_t least, uint64_t most, double exact)
{
    uint64_t step = 1, whole;
    double rest;
    int exponent = 0;

    while ((least + 9) / 10 <= most / 10) {
        least = (least + 9) / 10;
        most /= 10;
        step *= 10;
        exponent++;
    }
    whole = (uint64_t)exact / step;
    rest = 2 * (exact - (double)(whole * step));
    if (rest > (double)step || (rest == (double)step && whole % 2))
        whole++;
    whole = whole < least ? least : whole > most ? most : whole;
    return (struct decimal){.digits = whole, .exponent = exponent};
}

static double single_of(uint32_t bits)
{
    float number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

/*
 * The numbers that sensors send, without a try: times a power of ten that makes nine digits of
 * them, they and the middles between them and their neighbours are still exact in a double, since
 * 25 bits and the 28 of 5^12 are 53. What lies between the middles reads back as the number, and
 * the middles themselves where its last bit is 0.
 */
static struct decimal shortest_single(float number)
{
    double exact = number, low, high;
    uint64_t least, most;
    uint32_t bits;
    int scale = 0;
    struct decimal d;

    if (number < 1e-4F || number >= 1e9F)
        return search_single(number);
    while (scale < 12 && exact * powers[scale] < 1e8)
        scale++;
    memcpy(&bits, &number, sizeof(bits));
    low = (exact + single_of(bits - 1)) / 2 * powers[scale];
    high = (exact + single_of(bits + 1)) / 2 * powers[scale];
    least = (uint64_t)low;
    most = (uint64_t)high;
    least += low > (double)least || bits % 2;
    most -= high == (double)most && bits % 2;
    d = choose(least, most, exact * powers[scale]);
    d.exponent -= scale;
    return d;
}

/*
 * Up to fifteen digits, with as few behind the point as will do: their quotient is rounded as
 * reading them would be, both parts being exact. At most one such decimal reads back.
 */
static struct decimal shortest_double(double number)
{
    for (int scale = 0; number >= 1e-6 && scale <= 15; scale++) {
        double whole = number * powers[scale] + 0.5;

        if (whole >= 1e15)
            break;
        whole = (double)(uint64_t)whole;
        if (whole / powers[scale] == number)
            return (struct decimal){.digits = (uint64_t)whole, .exponent = -scale};
    }
    return search_double(number);
}

static void write_zeros(struct writer *w, int count)
{
    while (count-- > 0)
        writer_u8(w, '0');
}

static void write_exponent(struct writer *w, int exponent)
{
    writer_text(w, exponent < 0 ? "e-" : "e+");
    writer_decimal(w, (uint64_t)abs(exponent));
}

/* The rules of ECMA-262, Number::toString(). */
static void write_decimal(struct writer *w, struct decimal d)
{
    char digits[20];
    struct writer text = writer_over(digits, sizeof(digits));
    int count, point; /* the number is 0.DIGITS × 10^point */

    for (; d.digits % 10 == 0; d.digits /= 10)
        d.exponent++;
    writer_decimal(&text, d.digits);
    count = (int)writer_length(&text);
    point = count + d.exponent;
    if (point > 21 || point <= -6) {
        writer_u8(w, (uint8_t)digits[0]);
        if (count > 1)
            writer_u8(w, '.');
        writer_bytes(w, digits + 1, (size_t)count - 1);
        write_exponent(w, point - 1);
    } else if (point <= 0) {
        writer_literal(w, "0.");
        write_zeros(w, -point);
        writer_bytes(w, digits, (size_t)count);
    } else if (point < count) {
        writer_bytes(w, digits, (size_t)point);
        writer_u8(w, '.');
        writer_bytes(w, digits + point, (size_t)(count - point));
    } else {
        writer_bytes(w, digits, (size_t)count);
        write_zeros(w, point - count);
    }
}

/* What is no decimal, or the sign of one. */
static bool write_special(struct writer *w, double number)
{
    if (!isfinite(number)) {
        writer_literal(w, "null");
        return true;
    }
    if (signbit(number))
        writer_u8(w, '-');
    if (number == 0)
        writer_u8(w, '0');
    return number == 0;
}

void float_text_write_single(struct writer *w, float number)
{
    if (!write_special(w, number))
        write_decimal(w, shortest_single(number < 0 ? -number : number));
}

void float_text_write_double(struct writer *w, double number)
{
    if (!write_special(w, number))
        write_decimal(w, shortest_double(number < 0 ? -number : number));
}
