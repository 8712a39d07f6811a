#include "workers/coap/message.h"

#include <string.h>

/* Finds where the options end and the payload begins. A marker with nothing behind it is an error.
 */
static void parse_options(struct coap_message *m, struct cursor *c)
{
    struct coap_options o = {.c = *c};
    struct coap_option option;

    while (coap_option_next(&o, &option))
        ;
    m->options = c->at;
    m->options_length = (size_t)(o.c.at - c->at) - o.marker;
    *c = o.c;
    m->payload = c->at;
    m->payload_length = cursor_left(c);
    if (o.marker && m->payload_length == 0)
        c->failed = true;
}

static bool is_reserved_class(uint8_t code)
{
    unsigned class = COAP_CODE_CLASS(code);

    return class == 1 || class == 6 || class == 7;
}

enum coap_parse_result coap_message_parse(struct coap_message *m, const uint8_t *bytes,
                                          size_t length)
{
    struct cursor c = cursor_over(bytes, length);
    uint8_t first = cursor_u8(&c);
    const uint8_t *token;

    m->type = (enum coap_type)(first >> 4 & 3);
    m->code = cursor_u8(&c);
    m->id = cursor_u16(&c);
    m->token.length = first & 15;
    if (c.failed || first >> 6 != COAP_VERSION)
        return COAP_NO_MESSAGE;
    if (m->token.length > COAP_TOKEN_MAX || is_reserved_class(m->code))
        return COAP_MALFORMED;
    if (m->code == COAP_EMPTY && length != COAP_HEADER_SIZE) /* RFC 7252 §4.1 */
        return COAP_MALFORMED;
    token = cursor_bytes(&c, m->token.length);
    if (!token)
        return COAP_MALFORMED;
    memcpy(m->token.bytes, token, m->token.length);
    parse_options(m, &c);
    return c.failed ? COAP_MALFORMED : COAP_PARSED;
}

void coap_write_header(struct writer *w, enum coap_type type, uint8_t code, uint16_t id,
                       const struct coap_token *token)
{
    uint8_t *room = writer_reserve(w, COAP_HEADER_SIZE + (size_t)token->length);

    if (!room)
        return;
    room[0] = (uint8_t)(COAP_VERSION << 6 | type << 4 | token->length);
    room[1] = code;
    room[2] = (uint8_t)(id >> 8);
    room[3] = (uint8_t)id;
    memcpy(room + COAP_HEADER_SIZE, token->bytes, token->length);
}

static uint8_t extended_nibble(uint32_t value)
{
    return (uint8_t)(value < 13 ? value : value < 269 ? 13 : 14);
}

static void write_extended(struct writer *w, uint32_t value)
{
    if (value >= 269)
        writer_u16(w, (uint16_t)(value - 269));
    else if (value >= 13)
        writer_u8(w, (uint8_t)(value - 13));
}

void coap_write_option(struct writer *w, uint16_t *last, uint16_t number, const void *value,
                       size_t length)
{
    uint32_t delta = (uint32_t)number - *last;

    writer_u8(w, (uint8_t)(extended_nibble(delta) << 4 | extended_nibble((uint32_t)length)));
    write_extended(w, delta);
    write_extended(w, (uint32_t)length);
    writer_bytes(w, value, length);
    *last = number;
}

void coap_write_option_uint(struct writer *w, uint16_t *last, uint16_t number, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    size_t skip = 0;

    while (skip < 4 && bytes[skip] == 0)
        skip++;
    coap_write_option(w, last, number, bytes + skip, 4 - skip);
}

void coap_write_empty(struct writer *w, enum coap_type type, uint16_t id)
{
    static const struct coap_token none = {0};

    coap_write_header(w, type, COAP_EMPTY, id, &none);
}
