#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>

void writer_fail(struct writer *w)
{
    w->failed = true;
    w->end = w->at;
}

/* Two digits at a time: half as many divisions, each waiting for the one before. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

void writer_decimal(struct writer *w, uint64_t value)
{
    char digits[20];
    size_t first = sizeof(digits);

    for (; value >= 10; value /= 100)
        memcpy(digits + (first -= 2), pairs + value % 100 * 2, 2);
    if (value || first == sizeof(digits))
        digits[--first] = (char)('0' + value);
    writer_bytes(w, digits + first, sizeof(digits) - first);
}

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64_group(uint8_t out[4], uint32_t bits)
{
    out[0] = (uint8_t)base64_alphabet[bits >> 18 & 63];
    out[1] = (uint8_t)base64_alphabet[bits >> 12 & 63];
    out[2] = (uint8_t)base64_alphabet[bits >> 6 & 63];
    out[3] = (uint8_t)base64_alphabet[bits & 63];
}

void writer_base64(struct writer *w, const uint8_t *bytes, size_t length)
{
    uint8_t *out = writer_reserve(w, (length + 2) / 3 * 4);
    size_t i = 0;

    if (!out)
        return;
    for (; i + 3 <= length; i += 3, out += 4)
        base64_group(out, (uint32_t)(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]));
    if (length - i == 1) {
        base64_group(out, (uint32_t)(bytes[i] << 16));
        out[2] = out[3] = '=';
    } else if (length - i == 2) {
        base64_group(out, (uint32_t)(bytes[i] << 16 | bytes[i + 1] << 8));
        out[3] = '=';
    }
}

void writer_format(struct writer *w, const char *format, ...)
{
    size_t room = (size_t)(w->end - w->at);
    va_list arguments;
    int length;

    if (w->failed)
        return;
    va_start(arguments, format);
    length = vsnprintf((char *)w->at, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room)
        writer_fail(w); /* vsnprintf wants room for its NUL as well */
    else
        w->at += length;
}
