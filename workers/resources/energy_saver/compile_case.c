#include "workers/resources/energy_saver/compiler.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>

/* Half a step beyond the largest float: what is less reads as that at the most. */
#define SINGLE_LIMIT 0x1.ffffffp127

/* The bits of an integer: those of the selector's length, or 64 in a range. */
static unsigned bits_of(const struct selector *s)
{
    return s->count ? 8 * s->count : 64;
}

static int compile_uint(struct compiler *c, struct place value, const struct selector *s,
                        struct selector_case *result)
{
    uint64_t most = UINT64_MAX >> (64 - bits_of(s));
    struct compiler_integer i;

    if (!compiler_integer(c, value, &i) || (i.negative && i.magnitude) || i.magnitude > most)
        return compiler_refuse(c, value,
                               "\"case\" of this uint is a whole number from 0 to %" PRIu64, most);
    result->integer = i.magnitude;
    return 0;
}

static int compile_int(struct compiler *c, struct place value, const struct selector *s,
                       struct selector_case *result)
{
    uint64_t most = UINT64_MAX >> (65 - bits_of(s));
    struct compiler_integer i;

    if (!compiler_integer(c, value, &i) || i.magnitude > most + i.negative)
        return compiler_refuse(
            c, value, "\"case\" of this int is a whole number from -%" PRIu64 " to %" PRIu64,
            most + 1, most);
    result->integer = i.negative ? -i.magnitude : i.magnitude;
    return 0;
}

static int compile_float(struct compiler *c, struct place value, const struct selector *s,
                         struct selector_case *result)
{
    result->number = json_number_value(value.json);
    if (!json_is_number(value.json))
        return compiler_refuse(c, value, "\"case\" of a float is a number");
    if (s->count == sizeof(float) && fabs(result->number) >= SINGLE_LIMIT)
        return compiler_refuse(c, value, "\"case\" is no number that a float of 4 bytes can have");
    return 0;
}

static int compile_boolean(struct compiler *c, struct place value, struct selector_case *result)
{
    if (!json_is_boolean(value.json))
        return compiler_refuse(c, value, "\"case\" of a boolean is true or false");
    result->integer = json_is_true(value.json);
    return 0;
}

static unsigned nibble(char digit)
{
    return isdigit((unsigned char)digit) ? (unsigned)(digit - '0')
                                         : (unsigned)(tolower((unsigned char)digit) - 'a' + 10);
}

static int decode_hex(struct compiler *c, struct place value, struct field *bytes)
{
    const char *digits = json_string_value(value.json);
    size_t length = json_string_length(value.json);
    uint8_t *decoded;

    for (size_t i = 0; i < length; i++)
        if (!isxdigit((unsigned char)digits[i]))
            length = 1; /* not even, and that is refused */
    if (length % 2 || !length)
        return compiler_refuse(c, value, "\"case\" of a hex is pairs of hexadecimal digits");
    decoded = arena_alloc(&c->template->arena, length / 2);
    if (!decoded)
        return -ENOMEM;
    for (size_t i = 0; i < length / 2; i++)
        decoded[i] = (uint8_t)(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
    *bytes = (struct field){.bytes = decoded, .length = length / 2};
    return 0;
}

static int copy_string(struct compiler *c, struct place value, struct field *bytes)
{
    size_t length = json_string_length(value.json);
    const char *copy = arena_copy(&c->template->arena, json_string_value(value.json), length);

    *bytes = (struct field){.bytes = (const uint8_t *)copy, .length = length};
    return copy ? 0 : -ENOMEM;
}

static int compile_bytes(struct compiler *c, struct place value, const struct selector *s,
                         struct selector_case *result)
{
    int error;

    if (!json_is_string(value.json))
        return compiler_refuse(c, value, "\"case\" of a %s is a string",
                               selector_type_name(s->type));
    error = s->type == SELECTOR_HEX ? decode_hex(c, value, &result->bytes)
                                    : copy_string(c, value, &result->bytes);
    if (error == 0 && s->count && s->count != result->bytes.length)
        return compiler_refuse(c, value, "\"case\" has %zu bytes, the selector %" PRIu32,
                               result->bytes.length, s->count);
    return error;
}

int compile_case(struct compiler *c, struct place value, const struct selector *s,
                 struct selector_case *result)
{
    *result = (struct selector_case){0};
    switch (s->type) {
    case SELECTOR_INT:
        return compile_int(c, value, s, result);
    case SELECTOR_UINT:
        return compile_uint(c, value, s, result);
    case SELECTOR_FLOAT:
        return compile_float(c, value, s, result);
    case SELECTOR_BOOLEAN:
        return compile_boolean(c, value, result);
    default:
        return compile_bytes(c, value, s, result);
    }
}
