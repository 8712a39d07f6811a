#include "workers/resources/energy_saver/location_text.h"

#include "base/writer.h"

#include <ctype.h>
#include <string.h>

#define DIGITS_MAX   32
#define EXPONENT_MAX 1000 /* where it is no more than very large or very small */

/* The number 0.DIGITS × 10^point; no digits: 0. */
struct digits {
    bool negative;
    char digits[DIGITS_MAX];
    int count;
    int point;
};

static void add_digit(struct digits *d, char digit, bool is_decimal)
{
    if (!is_decimal && (d->count || digit != '0'))
        d->point++;
    if (is_decimal && !d->count && digit == '0')
        d->point--;
    if ((d->count || digit != '0') && d->count < DIGITS_MAX)
        d->digits[d->count++] = digit;
}

static int read_exponent(const char *text, const char *end)
{
    bool negative = text < end && *text == '-';
    int exponent = 0;

    for (; text < end; text++)
        if (isdigit((unsigned char)*text) && exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*text - '0');
    return negative ? -exponent : exponent;
}

/* The text is valid JSON, so only what kind of value it is has to be seen. */
static bool read_number(struct digits *d, const char *json, size_t length)
{
    const char *end = json + length;
    bool is_decimal = false;

    *d = (struct digits){.negative = length && *json == '-'};
    json += d->negative;
    if (json == end || !isdigit((unsigned char)*json))
        return false;
    for (; json < end && *json != 'e' && *json != 'E'; json++) {
        if (*json == '.')
            is_decimal = true;
        else
            add_digit(d, *json, is_decimal);
    }
    if (json < end)
        d->point += read_exponent(json + 1, end);
    return true;
}

static bool is_within(const struct digits *d, unsigned limit)
{
    unsigned degrees = 0;

    if (d->point > 3)
        return d->count == 0;
    for (int i = 0; i < d->point; i++)
        degrees = degrees * 10 + (unsigned)(i < d->count ? d->digits[i] - '0' : 0);
    if (degrees != limit)
        return degrees < limit;
    for (int i = d->point; i < d->count; i++)
        if (d->digits[i] != '0')
            return false;
    return true;
}

static void write_digit(struct writer *w, const struct digits *d, int i)
{
    writer_u8(w, (uint8_t)(i >= 0 && i < d->count ? d->digits[i] : '0'));
}

static void write_plain(struct writer *w, const struct digits *d)
{
    if (d->negative && d->count)
        writer_u8(w, '-');
    if (d->point <= 0 || !d->count)
        writer_u8(w, '0');
    for (int i = 0; i < d->point && d->count; i++)
        write_digit(w, d, i);
    if (!d->count || d->count <= d->point)
        return;
    writer_u8(w, '.');
    for (int i = d->point; i < d->count && !w->failed; i++)
        write_digit(w, d, i);
}

/* Of cut decimals there may be only zeros left. */
static size_t length_without_zeros(const char *text, size_t length)
{
    while (text[length - 1] == '0')
        length--;
    if (text[length - 1] == '.')
        length--;
    return length;
}

bool location_text_make(char to[LOCATION_TEXT_MAX + 1], const char *json, size_t length,
                        unsigned limit)
{
    struct writer w = writer_over(to, LOCATION_TEXT_MAX);
    struct digits d;
    size_t written;

    if (!read_number(&d, json, length) || !is_within(&d, limit))
        return false;
    write_plain(&w, &d);
    written = w.failed ? length_without_zeros(to, writer_length(&w)) : writer_length(&w);
    to[written] = 0;
    if (strcmp(to, "-0") == 0)
        memcpy(to, "0", sizeof("0"));
    return true;
}
