/*
 * Reads a wire format from bounded bytes. The first read past the end sets a sticky error, and from
 * then on every read gives zeros or NULL, so a parser checks once at its end. Any thread; the
 * cursor borrows the bytes.
 */
#ifndef SIMGATE_BASE_CURSOR_H
#define SIMGATE_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct cursor cursor_over(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    return (struct cursor){.at = at, .end = at + length, .failed = false};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* The next `length` bytes, borrowed, or NULL (and the sticky error) where there are fewer. */
static inline const uint8_t *cursor_bytes(struct cursor *c, size_t length)
{
    const uint8_t *bytes = c->at;

    if (c->failed || cursor_left(c) < length) {
        c->failed = true;
        c->at = c->end;
        return NULL;
    }
    c->at += length;
    return bytes;
}

/* Unsigned integers in network byte order. */
static inline uint8_t cursor_u8(struct cursor *c)
{
    const uint8_t *b = cursor_bytes(c, 1);

    return b ? b[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
    const uint8_t *b = cursor_bytes(c, 2);

    return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

/* An integer of 0 to 4 bytes in network byte order, as CoAP options have it (RFC 7252 §3.2). */
static inline uint32_t cursor_uint(struct cursor *c, size_t length)
{
    /* a longer one fails like one past the end, so that no loop over what is left goes on */
    const uint8_t *b = cursor_bytes(c, length <= 4 ? length : SIZE_MAX);
    uint32_t value = 0;

    if (!b)
        return 0;
    for (size_t i = 0; i < length; i++)
        value = value << 8 | b[i];
    return value;
}

#endif
