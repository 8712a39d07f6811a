/*
 * A CoAP message as it stands in a datagram (RFC 7252 §3): header, token, options, payload. Parsing
 * checks the whole format and copies nothing but the token. Any thread; the message borrows the
 * bytes.
 */
#ifndef SIMGATE_WORKERS_COAP_MESSAGE_H
#define SIMGATE_WORKERS_COAP_MESSAGE_H

#include "base/cursor.h"
#include "base/writer.h"
#include "workers/coap/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coap_token {
    uint8_t length;
    uint8_t bytes[COAP_TOKEN_MAX];
};

struct coap_message {
    enum coap_type type;
    uint8_t code;
    uint16_t id; /* Message ID */
    struct coap_token token;
    const uint8_t *options; /* as encoded, without the payload marker */
    size_t options_length;
    const uint8_t *payload;
    size_t payload_length;
};

enum coap_parse_result {
    COAP_PARSED,
    COAP_MALFORMED, /* a message format error; `type` and `id` are right: RFC 7252 §4.2, §4.3 */
    COAP_NO_MESSAGE /* too short to have a Message ID, or another version: silence (§3) */
};

enum coap_parse_result coap_message_parse(struct coap_message *m, const uint8_t *bytes,
                                          size_t length);

/* One option, its value borrowed. */
struct coap_option {
    uint16_t number;
    uint16_t length;
    const uint8_t *value;
};

/* Walks encoded options in their order. */
struct coap_options {
    struct cursor c;
    uint32_t number; /* of the last option */
    bool marker;     /* the payload marker ended them */
};

static inline struct coap_options coap_message_options(const struct coap_message *m)
{
    return (struct coap_options){.c = cursor_over(m->options, m->options_length)};
}

/* An option's delta or length: 13 and 14 announce one and two more bytes, 15 is reserved (RFC 7252
 * §3.1). */
static inline uint32_t coap_read_extended(struct cursor *c, uint32_t nibble)
{
    if (nibble < 13)
        return nibble;
    if (nibble == 13)
        return cursor_u8(c) + 13u;
    if (nibble == 14)
        return cursor_u16(c) + 269u;
    c->failed = true;
    return 0;
}

/* The next option; false at the end, behind the payload marker, or, with the sticky error of
 * `o->c`, at what is no option (RFC 7252 §3.1). */
static inline bool coap_option_next(struct coap_options *o, struct coap_option *option)
{
    struct cursor *c = &o->c;
    uint32_t length;
    uint8_t head;

    if (cursor_left(c) == 0)
        return false;
    head = cursor_u8(c);
    if (head == COAP_PAYLOAD_MARKER) {
        o->marker = true;
        return false;
    }
    o->number += coap_read_extended(c, head >> 4);
    length = coap_read_extended(c, head & 15);
    option->value = cursor_bytes(c, length);
    option->number = (uint16_t)o->number;
    option->length = (uint16_t)length;
    if (o->number > UINT16_MAX)
        c->failed = true;
    return !c->failed;
}

/* Header and token of a message to be sent. */
void coap_write_header(struct writer *w, enum coap_type type, uint8_t code, uint16_t id,
                       const struct coap_token *token);

/* Appends an option; `*last` is the number of the one before (0 at first), and options come in
 * ascending order. */
void coap_write_option(struct writer *w, uint16_t *last, uint16_t number, const void *value,
                       size_t length);

/* The same with an unsigned value in as few bytes as it needs, 0 in none (RFC 7252 §3.2). */
void coap_write_option_uint(struct writer *w, uint16_t *last, uint16_t number, uint32_t value);

/* An empty message: an acknowledgement or a reset (RFC 7252 §4.2). */
void coap_write_empty(struct writer *w, enum coap_type type, uint16_t id);

#endif
