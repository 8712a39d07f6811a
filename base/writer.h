/*
 * Writes into bounded bytes, the counterpart of the cursor. What does not fit sets a sticky error
 * and is left out whole, so a serialiser checks once at its end. Any thread; the writer borrows the
 * buffer.
 */
#ifndef SIMGATE_BASE_WRITER_H
#define SIMGATE_BASE_WRITER_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    bool failed;
};

static inline struct writer writer_over(void *buffer, size_t capacity)
{
    uint8_t *start = buffer;

    return (struct writer){.start = start, .at = start, .end = start + capacity, .failed = false};
}

/* Bytes written so far. */
static inline size_t writer_length(const struct writer *w)
{
    return (size_t)(w->at - w->start);
}

/* Sets the sticky error, and takes the room away: so nothing more fits, without a look at
 * `failed`. */
void writer_fail(struct writer *w);

/* Room for `length` bytes that the caller fills, or NULL (and the sticky error). For none there
 * always is. */
static inline uint8_t *writer_reserve(struct writer *w, size_t length)
{
    uint8_t *room = w->at;

    if ((size_t)(w->end - w->at) < length) {
        writer_fail(w);
        return NULL;
    }
    w->at += length;
    return room;
}

static inline void writer_bytes(struct writer *w, const void *bytes, size_t length)
{
    uint8_t *room = writer_reserve(w, length);

    if (room && length)
        memcpy(room, bytes, length);
}

static inline void writer_u8(struct writer *w, uint8_t value)
{
    uint8_t *room = writer_reserve(w, 1);

    if (room)
        room[0] = value;
}

static inline void writer_u16(struct writer *w, uint16_t value)
{
    uint8_t *room = writer_reserve(w, 2);

    if (room) {
        room[0] = (uint8_t)(value >> 8);
        room[1] = (uint8_t)value;
    }
}

static inline void writer_text(struct writer *w, const char *text)
{
    writer_bytes(w, text, strlen(text));
}

/* A text known at compile time: its length is, too. */
#define writer_literal(w, text) writer_bytes((w), (text), sizeof(text) - 1)

/* `value` in decimal. */
void writer_decimal(struct writer *w, uint64_t value);

/* Eight digits at once: each gets a byte of a word, and those from 10 on are moved from behind '9'
 * to 'a'. */
static inline uint64_t writer_eight_digits(uint32_t value)
{
    uint64_t x = value, letters;

    x = (x << 16 | x) & UINT64_C(0x0000ffff0000ffff);
    x = (x << 8 | x) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x << 4 | x) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    letters = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    return htobe64(x + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
}

/* `value` in lower-case hexadecimal, `digits` of them (1 to 16), with leading zeros. */
static inline void writer_hex(struct writer *w, uint64_t value, unsigned digits)
{
    uint8_t *room = writer_reserve(w, digits);
    uint64_t word;

    if (!room)
        return;
    for (; digits >= 8; value >>= 32) {
        digits -= 8;
        word = writer_eight_digits((uint32_t)value);
        memcpy(room + digits, &word, 8);
    }
    for (; digits > 0; value >>= 4)
        room[--digits] = (uint8_t) "0123456789abcdef"[value & 15];
}

/* Standard base64 with padding (RFC 4648 §4). */
void writer_base64(struct writer *w, const uint8_t *bytes, size_t length);

/* printf into the buffer; for cold paths. */
void writer_format(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A closing NUL that does not count in writer_length(). */
static inline void writer_terminate(struct writer *w)
{
    if (w->at < w->end)
        *w->at = 0;
    else
        writer_fail(w);
}

#endif
