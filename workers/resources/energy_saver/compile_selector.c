#include "workers/resources/energy_saver/compiler.h"

#include <inttypes.h>

/* What an offset may be at most: an int32_t, so that sums of them are exact. */
#define OFFSET_MAX INT32_MAX

static int read_type(struct compiler *c, struct place value, struct selector *s)
{
    struct place type = outline_member(&c->outline, value, "type");

    if (!type.json)
        return compiler_refuse(c, value, "the selector has no \"type\"");
    for (s->type = SELECTOR_INT; s->type <= SELECTOR_HEX; s->type++)
        if (compiler_is_string(type, selector_type_name(s->type)))
            return 0;
    return compiler_refuse(c, type, "\"type\" is one of int, uint, float, boolean, string and hex");
}

static int read_byteorder(struct compiler *c, struct place value, struct selector *s)
{
    struct place order = outline_member(&c->outline, value, "byteorder");

    s->little_endian = order.json && compiler_is_string(order, "little");
    if (!order.json || s->little_endian || compiler_is_string(order, "big"))
        return 0;
    return compiler_refuse(c, order, "\"byteorder\" is \"big\" or \"little\"");
}

/* The distance of a byte from the start, or from the end where it is counted downwards. */
static int read_offset(struct compiler *c, struct place offset, const char *key, bool downwards,
                       uint32_t *distance)
{
    struct compiler_integer i;

    if (!compiler_integer(c, offset, &i) || i.magnitude > OFFSET_MAX ||
        (i.magnitude && i.negative != downwards))
        return compiler_refuse(c, offset, "\"%s\" is a whole number from %s%d%s", key,
                               downwards ? "-" : "0 to ", OFFSET_MAX, downwards ? " to 0" : "");
    *distance = (uint32_t)i.magnitude;
    return 0;
}

static int read_count(struct compiler *c, struct place count, struct selector *s)
{
    struct compiler_integer i = {.magnitude = 1};

    if (count.json && (!compiler_integer(c, count, &i) || i.negative || i.magnitude < 1 ||
                       i.magnitude > OFFSET_MAX))
        return compiler_refuse(c, count, "\"bytelength\" is a whole number from 1 to %d",
                               OFFSET_MAX);
    s->count = (uint32_t)i.magnitude;
    if (!selector_type_has(s->type, s->count))
        return compiler_refuse(c, count, "\"bytelength\" is %" PRIu32 "%s; %s has %s", s->count,
                               count.json ? "" : " where it is not given",
                               selector_type_name(s->type), selector_type_lengths(s->type));
    if (s->reach == SELECTOR_FROM_END && s->count > s->behind)
        return compiler_refuse(c, count,
                               "from \"endbyte\" on, \"bytelength\" reaches beyond the end");
    return 0;
}

/* "byte" and "endbyte" decide which of the three it is. */
static int read_reach(struct compiler *c, struct place value, struct selector *s)
{
    struct place byte = outline_member(&c->outline, value, "byte");
    struct place endbyte = outline_member(&c->outline, value, "endbyte");
    struct place count = outline_member(&c->outline, value, "bytelength");
    int result = 0;

    if (!byte.json && !endbyte.json)
        return compiler_refuse(c, value, "the selector has neither \"byte\" nor \"endbyte\"");
    if (byte.json)
        result = read_offset(c, byte, "byte", false, &s->byte);
    if (result == 0 && endbyte.json)
        result = read_offset(c, endbyte, "endbyte", true, &s->behind);
    if (result)
        return result;
    s->reach = !endbyte.json ? SELECTOR_FROM_START : byte.json ? SELECTOR_RANGE : SELECTOR_FROM_END;
    if (s->reach != SELECTOR_RANGE)
        return read_count(c, count, s);
    if (count.json)
        return compiler_refuse(c, count,
                               "a range, from \"byte\" to \"endbyte\", takes no \"bytelength\"");
    return 0;
}

int compile_selector(struct compiler *c, struct place value, struct selector *s)
{
    int result;

    *s = (struct selector){0};
    if (!json_is_object(value.json))
        return compiler_refuse(c, value, "a selector is an object");
    result = read_type(c, value, s);
    if (result == 0)
        result = read_byteorder(c, value, s);
    if (result == 0)
        result = read_reach(c, value, s);
    return result;
}
