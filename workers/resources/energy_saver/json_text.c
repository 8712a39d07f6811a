#include "workers/resources/energy_saver/json_text.h"

#include <ctype.h>
#include <string.h>

/* The bytes of the character that begins here, or 0 where none does (RFC 3629 §4). */
static size_t character_length(const uint8_t *b, size_t left)
{
    size_t length = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;

    if (b[0] > 0xf4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xf0 && b[1] < 0x90)) /* overlong */
        return 0;
    if ((b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf4 && b[1] > 0x8f)) /* surrogate, too large */
        return 0;
    return length;
}

bool json_text_is_utf8(const uint8_t *bytes, size_t length)
{
    size_t step;

    for (size_t i = 0; i < length; i += step) {
        step = character_length(bytes + i, length - i);
        if (!step)
            return false;
    }
    return true;
}

static void write_escape(struct writer *w, uint8_t c)
{
    static const char short_form[32] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};

    writer_u8(w, '\\');
    if (c >= ' ') {
        writer_u8(w, c);
    } else if (short_form[c]) {
        writer_u8(w, (uint8_t)short_form[c]);
    } else {
        writer_u8(w, 'u');
        writer_hex(w, c, 4);
    }
}

void json_text_write(struct writer *w, const uint8_t *bytes, size_t length)
{
    size_t from = 0;

    writer_u8(w, '"');
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\')
            continue;
        writer_bytes(w, bytes + from, i - from);
        write_escape(w, bytes[i]);
        from = i + 1;
    }
    if (length)
        writer_bytes(w, bytes + from, length - from);
    writer_u8(w, '"');
}

void json_text_show(char *to, size_t size, const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t done = 0, step;

    for (size_t i = 0; i < length; i += step ? step : 1) {
        step = character_length(bytes + i, length - i);
        if (done + (step ? step : 1) >= size)
            break;
        if (step > 1) {
            memcpy(to + done, text + i, step);
            done += step;
        } else {
            to[done++] = (char)(step && !iscntrl(bytes[i]) ? text[i] : '?');
        }
    }
    to[done] = 0;
}
