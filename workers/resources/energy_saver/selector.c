#include "workers/resources/energy_saver/selector.h"

#include "base/cursor.h"
#include "workers/resources/energy_saver/float_text.h"
#include "workers/resources/energy_saver/json_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *lengths;
} types[] = {
    [SELECTOR_INT] = {"int", "1, 2, 4 or 8"},    [SELECTOR_UINT] = {"uint", "1, 2, 4 or 8"},
    [SELECTOR_FLOAT] = {"float", "4 or 8"},      [SELECTOR_BOOLEAN] = {"boolean", "1 or more"},
    [SELECTOR_STRING] = {"string", "1 or more"}, [SELECTOR_HEX] = {"hex", "1 or more"},
};

const char *selector_type_name(enum selector_type type)
{
    return types[type].name;
}

const char *selector_type_lengths(enum selector_type type)
{
    return types[type].lengths;
}

bool selector_type_has(enum selector_type type, size_t length)
{
    switch (type) {
    case SELECTOR_INT:
    case SELECTOR_UINT:
        return length == 1 || length == 2 || length == 4 || length == 8;
    case SELECTOR_FLOAT:
        return length == 4 || length == 8;
    default:
        return length >= 1;
    }
}

/* The first byte that is selected and the one behind the last, counted from the payload's start;
 * before it where that is too short. */
static void find_ends(const struct selector *s, size_t length, int64_t *from, int64_t *to)
{
    int64_t end = (int64_t)length - s->behind;

    *from = s->reach == SELECTOR_FROM_END ? end : (int64_t)s->byte;
    *to = s->reach == SELECTOR_RANGE ? end : *from + s->count;
}

enum selector_result selector_find(const struct selector *s, const uint8_t *payload, size_t length,
                                   struct field *f)
{
    struct cursor c;
    int64_t from, to;

    find_ends(s, length, &from, &to);
    if (s->reach == SELECTOR_RANGE && from >= to)
        return SELECTOR_EMPTY;
    if (from < 0 || to > (int64_t)length)
        return SELECTOR_OUTSIDE;
    c = cursor_over(payload, length);
    cursor_bytes(&c, (size_t)from);
    f->length = (size_t)(to - from);
    f->bytes = cursor_bytes(&c, f->length);
    if (s->reach == SELECTOR_RANGE && !selector_type_has(s->type, f->length))
        return SELECTOR_LENGTH;
    if (s->type == SELECTOR_STRING && !json_text_is_utf8(f->bytes, f->length))
        return SELECTOR_NO_TEXT;
    return SELECTOR_FOUND;
}

void selector_explain(const struct selector *s, enum selector_result result, size_t length,
                      char *text, size_t size)
{
    int64_t from, to;

    find_ends(s, length, &from, &to);
    if (result == SELECTOR_EMPTY)
        snprintf(text, size, "no bytes between byte %u and endbyte %s%u in a payload of %zu",
                 s->byte, s->behind ? "-" : "", s->behind, length);
    else if (result == SELECTOR_LENGTH)
        snprintf(text, size, "a range of %lld byte%s; %s has %s", (long long)(to - from),
                 to - from == 1 ? "" : "s", types[s->type].name, types[s->type].lengths);
    else if (result == SELECTOR_NO_TEXT)
        snprintf(text, size, "bytes %lld to %lld are no UTF-8", (long long)from,
                 (long long)(to - 1));
    else if (to - from == 1)
        snprintf(text, size, "byte %lld of a payload of %zu", (long long)from, length);
    else
        snprintf(text, size, "bytes %lld to %lld of a payload of %zu", (long long)from,
                 (long long)(to - 1), length);
}

static uint64_t read_bits(const struct selector *s, struct field f)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < f.length; i++)
        bits = bits << 8 | f.bytes[s->little_endian ? f.length - 1 - i : i];
    return bits;
}

static int64_t read_int(const struct selector *s, struct field f)
{
    uint64_t bits = read_bits(s, f);

    switch (f.length) {
    case 1:
        return (int8_t)bits;
    case 2:
        return (int16_t)bits;
    case 4:
        return (int32_t)bits;
    default:
        return (int64_t)bits;
    }
}

static float read_single(const struct selector *s, struct field f)
{
    uint32_t bits = (uint32_t)read_bits(s, f);
    float number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

static double read_double(const struct selector *s, struct field f)
{
    uint64_t bits = read_bits(s, f);
    double number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

static bool read_boolean(struct field f)
{
    uint8_t any = 0;

    for (size_t i = 0; i < f.length; i++)
        any |= f.bytes[i];
    return any != 0;
}

/* 0.1 is to match the four bytes that are written as 0.1, and no number, however large, those that
 * are none. */
static bool single_matches(float number, double wanted)
{
    return isfinite(number) && number == (float)wanted;
}

bool selector_matches(const struct selector *s, struct field f, const struct selector_case *c)
{
    switch (s->type) {
    case SELECTOR_INT:
        return (uint64_t)read_int(s, f) == c->integer;
    case SELECTOR_UINT:
        return read_bits(s, f) == c->integer;
    case SELECTOR_FLOAT:
        return f.length == sizeof(float) ? single_matches(read_single(s, f), c->number)
                                         : read_double(s, f) == c->number;
    case SELECTOR_BOOLEAN:
        return read_boolean(f) == (c->integer != 0);
    default:
        return f.length == c->bytes.length && memcmp(f.bytes, c->bytes.bytes, f.length) == 0;
    }
}

static void write_int(struct writer *w, int64_t number)
{
    if (number < 0)
        writer_u8(w, '-');
    writer_decimal(w, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void write_hex(struct writer *w, struct field f)
{
    writer_u8(w, '"');
    for (size_t i = 0; i < f.length && !w->failed; i++)
        writer_hex(w, f.bytes[i], 2);
    writer_u8(w, '"');
}

void selector_write(const struct selector *s, struct field f, struct writer *w)
{
    switch (s->type) {
    case SELECTOR_INT:
        write_int(w, read_int(s, f));
        break;
    case SELECTOR_UINT:
        writer_decimal(w, read_bits(s, f));
        break;
    case SELECTOR_FLOAT:
        if (f.length == sizeof(float))
            float_text_write_single(w, read_single(s, f));
        else
            float_text_write_double(w, read_double(s, f));
        break;
    case SELECTOR_BOOLEAN:
        writer_text(w, read_boolean(f) ? "true" : "false");
        break;
    case SELECTOR_STRING:
        json_text_write(w, f.bytes, f.length);
        break;
    case SELECTOR_HEX:
        write_hex(w, f);
        break;
    }
}
