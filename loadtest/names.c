#include "loadtest/names.h"

#include "base/cursor.h"
#include "base/writer.h"

#include <string.h>

#define RUN_DIGITS      6
#define DEVICE_DIGITS   5
#define SEQUENCE_DIGITS 7

#define QUADS 12 /* of base64 that are decoded: a name stands at the beginning */

uint32_t names_room(enum payload_form form)
{
    return form == PAYLOAD_JSON ? NAMES_LENGTH + 2 : NAMES_LENGTH;
}

size_t names_fill(uint8_t *payload, size_t length, enum payload_form form)
{
    for (size_t i = 0; i < length; i++)
        payload[i] = (uint8_t)('0' + i % 10);
    if (form == PAYLOAD_TEXT)
        return 0;
    payload[0] = payload[length - 1] = '"';
    return 1;
}

static inline void write_digits(uint8_t *text, unsigned digits, uint32_t value)
{
    for (unsigned i = digits; i-- > 0; value >>= 4)
        text[i] = (uint8_t) "0123456789abcdef"[value & 15];
}

void names_write(uint8_t text[NAMES_LENGTH], const struct message_name *name)
{
    write_digits(text, RUN_DIGITS, name->run);
    text[RUN_DIGITS] = '-';
    write_digits(&text[RUN_DIGITS + 1], DEVICE_DIGITS, name->device);
    text[RUN_DIGITS + 1 + DEVICE_DIGITS] = '-';
    write_digits(&text[NAMES_LENGTH - SEQUENCE_DIGITS], SEQUENCE_DIGITS, name->sequence);
}

/* Lower case digits only, as they are written. */
static bool read_digits(struct cursor *c, unsigned digits, uint32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < digits; i++) {
        uint8_t digit = cursor_u8(c);

        if (digit >= '0' && digit <= '9')
            *value = *value << 4 | (uint32_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            *value = *value << 4 | (uint32_t)(digit - 'a' + 10);
        else
            return false;
    }
    return !c->failed;
}

static bool read_name(struct message_name *name, struct cursor *c)
{
    return read_digits(c, RUN_DIGITS, &name->run) && cursor_u8(c) == '-' &&
           read_digits(c, DEVICE_DIGITS, &name->device) && cursor_u8(c) == '-' &&
           read_digits(c, SEQUENCE_DIGITS, &name->sequence);
}

/* The same text wherever it stands. */
static bool search(struct message_name *name, uint32_t run, const uint8_t *bytes, size_t length)
{
    uint8_t start[RUN_DIGITS + 1] = {[RUN_DIGITS] = '-'};
    const uint8_t *at = bytes;
    const uint8_t *end = bytes + length;

    write_digits(start, RUN_DIGITS, run);
    while (at && (at = memmem(at, (size_t)(end - at), start, sizeof(start)))) {
        struct cursor c = cursor_over(at, (size_t)(end - at));

        if (read_name(name, &c))
            return true;
        at++;
    }
    return false;
}

static int sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes the beginning of base64, up to what is none, whole quads only. */
static size_t decode(struct cursor *c, uint8_t bytes[3 * QUADS])
{
    struct writer w = writer_over(bytes, 3 * QUADS);

    for (int quad = 0; quad < QUADS; quad++) {
        uint32_t bits = 0;
        int padding = 0;

        for (int i = 0; i < 4; i++) {
            uint8_t letter = cursor_u8(c);
            int value = letter == '=' ? 0 : sextet(letter);

            if (c->failed || value < 0)
                return writer_length(&w);
            padding += letter == '=';
            bits = bits << 6 | (uint32_t)value;
        }
        for (int i = 0; i < 3 - padding; i++)
            writer_u8(&w, (uint8_t)(bits >> (16 - 8 * i)));
    }
    return writer_length(&w);
}

bool names_find(struct message_name *name, uint32_t run, const uint8_t *bytes, size_t length)
{
    static const char key[] = "\"value\":\"";
    const uint8_t *value;
    uint8_t decoded[3 * QUADS];
    struct cursor c;

    if (search(name, run, bytes, length))
        return true;
    value = memmem(bytes, length, key, sizeof(key) - 1);
    if (!value)
        return false;
    c = cursor_over(value, length - (size_t)(value - bytes));
    cursor_bytes(&c, sizeof(key) - 1);
    return search(name, run, decoded, decode(&c, decoded));
}
