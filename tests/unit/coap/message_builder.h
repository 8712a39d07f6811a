/*
 * Builds CoAP messages for tests, right or wrong on purpose. One builder is one message; options
 * come in ascending order. One thread.
 */
#ifndef SIMGATE_TESTS_UNIT_COAP_MESSAGE_BUILDER_H
#define SIMGATE_TESTS_UNIT_COAP_MESSAGE_BUILDER_H

#include "workers/coap/message.h"

struct built_message {
    uint8_t bytes[2048];
    size_t length;
    uint16_t last; /* option */
};

/* A message of header and token (a text, which may be ""). */
struct built_message build_message(enum coap_type type, uint8_t code, uint16_t id,
                                   const char *token);

void build_option(struct built_message *b, uint16_t number, const void *value, size_t length);
void build_option_text(struct built_message *b, uint16_t number, const char *text);
void build_option_uint(struct built_message *b, uint16_t number, uint32_t value);

/* A Block1 or Block2 option. */
void build_option_block(struct built_message *b, uint16_t number, uint32_t block, bool more,
                        uint8_t szx);

/* Marker and payload. */
void build_payload(struct built_message *b, const void *bytes, size_t length);

/* Bytes as they are. */
void build_bytes(struct built_message *b, const void *bytes, size_t length);

/* Parses what was built, which has to be right. The message borrows the builder's bytes. */
struct coap_message built_parse(const struct built_message *b);

/* The value of the first option with this number, or -1 where there is none. */
int64_t message_option_uint(const struct coap_message *m, uint16_t number);

#endif
