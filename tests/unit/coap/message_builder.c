#include "tests/unit/coap/message_builder.h"

#include <stdlib.h>
#include <string.h>

struct built_message build_message(enum coap_type type, uint8_t code, uint16_t id,
                                   const char *token)
{
    struct built_message b = {.last = 0};
    struct writer w = writer_over(b.bytes, sizeof(b.bytes));
    struct coap_token t = {.length = (uint8_t)strlen(token)};

    memcpy(t.bytes, token, t.length);
    coap_write_header(&w, type, code, id, &t);
    b.length = writer_length(&w);
    return b;
}

static struct writer continued(struct built_message *b)
{
    return writer_over(b->bytes + b->length, sizeof(b->bytes) - b->length);
}

void build_option(struct built_message *b, uint16_t number, const void *value, size_t length)
{
    struct writer w = continued(b);

    coap_write_option(&w, &b->last, number, value, length);
    b->length += writer_length(&w);
}

void build_option_text(struct built_message *b, uint16_t number, const char *text)
{
    build_option(b, number, text, strlen(text));
}

void build_option_uint(struct built_message *b, uint16_t number, uint32_t value)
{
    struct writer w = continued(b);

    coap_write_option_uint(&w, &b->last, number, value);
    b->length += writer_length(&w);
}

void build_option_block(struct built_message *b, uint16_t number, uint32_t block, bool more,
                        uint8_t szx)
{
    build_option_uint(b, number, block << 4 | (uint32_t)more << 3 | szx);
}

void build_bytes(struct built_message *b, const void *bytes, size_t length)
{
    if (length > sizeof(b->bytes) - b->length)
        abort();
    memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
}

void build_payload(struct built_message *b, const void *bytes, size_t length)
{
    build_bytes(b, "\xff", 1);
    build_bytes(b, bytes, length);
}

struct coap_message built_parse(const struct built_message *b)
{
    struct coap_message m;

    if (coap_message_parse(&m, b->bytes, b->length) != COAP_PARSED)
        abort();
    return m;
}

int64_t message_option_uint(const struct coap_message *m, uint16_t number)
{
    struct coap_options options = coap_message_options(m);
    struct coap_option o;

    while (coap_option_next(&options, &o)) {
        struct cursor c = cursor_over(o.value, o.length);

        if (o.number == number)
            return cursor_uint(&c, o.length);
    }
    return -1;
}
