#include "loadtest/report/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLACEMENT "\357\277\275" /* U+FFFD */

/* The length of the UTF-8 sequence that `text` begins with (RFC 3629 §4), or 0: it is none. Reads
 * nothing behind the NUL, which continues no sequence. */
static size_t sequence_length(const uint8_t *text)
{
    uint8_t first = text[0], least = 0x80, most = 0xbf;
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (first >= 0x80 && (first < 0xc2 || first > 0xf4))
        return 0;
    if (first == 0xe0)
        least = 0xa0; /* what fits into two bytes */
    else if (first == 0xed)
        most = 0x9f; /* surrogates */
    else if (first == 0xf0)
        least = 0x90; /* what fits into three bytes */
    else if (first == 0xf4)
        most = 0x8f; /* beyond U+10FFFF */
    for (size_t i = 1; i < length; i++) {
        if (text[i] < least || text[i] > most)
            return 0;
        least = 0x80;
        most = 0xbf;
    }
    return length;
}

/* Writes `text` with what `special` writes of its ASCII characters: false means as they are. */
static void escape(FILE *to, const char *text, bool (*special)(FILE *to, char c))
{
    while (*text) {
        size_t length = sequence_length((const uint8_t *)text);

        if (length == 0)
            fputs(REPLACEMENT, to);
        else if (length > 1 || !special(to, *text))
            fwrite(text, 1, length, to);
        text += length ? length : 1;
    }
}

static bool special_in_html(FILE *to, char c)
{
    const char *entity = NULL;

    switch (c) {
    case '&':
        entity = "&amp;";
        break;
    case '<':
        entity = "&lt;";
        break;
    case '>':
        entity = "&gt;";
        break;
    case '"':
        entity = "&quot;";
        break;
    case '\'':
        entity = "&#39;";
        break;
    default:
        if ((uint8_t)c < 0x20 || c == 0x7f)
            entity = c == '\t' || c == '\n' ? " " : REPLACEMENT;
        break;
    }
    return entity && fputs(entity, to) >= 0;
}

static bool special_in_json(FILE *to, char c)
{
    if (c == '"' || c == '\\')
        fprintf(to, "\\%c", c);
    else if ((uint8_t)c < 0x20 || c == 0x7f)
        fprintf(to, "\\u%04x", (unsigned)c);
    else
        return false;
    return true;
}

void escape_html(FILE *to, const char *text)
{
    escape(to, text, special_in_html);
}

void escape_json(FILE *to, const char *text)
{
    fputc('"', to);
    escape(to, text, special_in_json);
    fputc('"', to);
}
