#include "storage/ctl/hex_payload.h"

#include <ctype.h>
#include <string.h>

static uint8_t digit(char c)
{
    return (uint8_t)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

bool hex_payload_read(const char *text, uint8_t *bytes, size_t *length)
{
    *length = 0;
    for (text += strspn(text, " \t\r\n:"); *text; text += strspn(text, " \t\r\n:")) {
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
            return false;
        bytes[(*length)++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
        text += 2;
    }
    return true;
}
