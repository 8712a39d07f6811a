/*
 * Commands in the form that Redis reads (RESP2, "Redis serialization protocol"), written without
 * an allocation. Any thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_COMMAND_H
#define SIMGATE_STORAGE_REDIS_COMMAND_H

#include "base/writer.h"
#include "storage/redis/keys.h"

/* Room for the longest one, with a key and a few short words. */
#define REDIS_COMMAND_MAX (REDIS_KEY_MAX + 176)

struct redis_command {
    struct writer w;
    uint8_t bytes[REDIS_COMMAND_MAX];
};

static inline void redis_command_begin(struct redis_command *c, unsigned words)
{
    c->w = writer_over(c->bytes, sizeof(c->bytes));
    writer_u8(&c->w, '*');
    writer_decimal(&c->w, words);
    writer_literal(&c->w, "\r\n");
}

static inline void redis_command_word(struct redis_command *c, const void *bytes, size_t length)
{
    writer_u8(&c->w, '$');
    writer_decimal(&c->w, length);
    writer_literal(&c->w, "\r\n");
    writer_bytes(&c->w, bytes, length);
    writer_literal(&c->w, "\r\n");
}

static inline void redis_command_text(struct redis_command *c, const char *text)
{
    redis_command_word(c, text, strlen(text));
}

static inline void redis_command_key(struct redis_command *c, const struct redis_key *key)
{
    redis_command_word(c, key->bytes, key->length);
}

static inline void redis_command_number(struct redis_command *c, uint64_t number)
{
    uint8_t digits[20];
    struct writer w = writer_over(digits, sizeof(digits));

    writer_decimal(&w, number);
    redis_command_word(c, digits, writer_length(&w));
}

#endif
