/*
 * Commands in the form that Redis reads (RESP2: "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), written without
 * an allocation. Any thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_COMMAND_H
#define SIMGATE_STORAGE_REDIS_COMMAND_H

#include "base/writer.h"
#include "storage/redis/keys.h"

/* Room for the longest one: a script, a key, and a word or two. */
#define REDIS_COMMAND_MAX 1536

struct redis_command {
    struct writer w;
    uint8_t bytes[REDIS_COMMAND_MAX];
};

/* Begins with words that are the same each time, just as they are sent. */
#define redis_command_begin(c, wire)                                                               \
    do {                                                                                           \
        (c)->w = writer_over((c)->bytes, sizeof((c)->bytes));                                      \
        writer_literal(&(c)->w, wire);                                                             \
    } while (0)

/* More of such words. */
#define redis_command_literal(c, wire) writer_literal(&(c)->w, wire)

static inline void redis_command_word(struct redis_command *c, const void *bytes, size_t length)
{
    writer_u8(&c->w, '$');
    if (length < 10)
        writer_u8(&c->w, (uint8_t)('0' + length));
    else
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
