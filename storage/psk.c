#include "storage/psk.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

bool psk_is_legal(const struct psk *key)
{
    size_t length = strlen(key->text);

    if (key->is_hex)
        return length >= 2 * PSK_TEXT_MIN && length % 2 == 0 &&
               strspn(key->text, "0123456789abcdefABCDEF") == length;
    for (const char *c = key->text; *c; c++)
        if (*c < ' ' || *c > '~' || *c == ',')
            return false;
    return length >= PSK_TEXT_MIN;
}

int psk_generate(struct psk *key)
{
    /* two more than letters and digits: a draw of those is drawn again */
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789,,";
    uint8_t drawn[4 * PSK_GENERATED];
    size_t length = 0;

    *key = (struct psk){0};
    while (length < PSK_GENERATED) {
        if (getrandom(drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
            return -errno;
        for (size_t i = 0; i < sizeof(drawn) && length < PSK_GENERATED; i++)
            if (alphabet[drawn[i] % 64] != ',')
                key->text[length++] = alphabet[drawn[i] % 64];
    }
    explicit_bzero(drawn, sizeof(drawn));
    return 0;
}

static uint8_t digit(char c)
{
    return (uint8_t)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

size_t psk_bytes(const struct psk *key, uint8_t bytes[PSK_BYTES_MAX])
{
    size_t length = strlen(key->text);

    if (!key->is_hex) {
        memcpy(bytes, key->text, length);
        return length;
    }
    for (size_t i = 0; i < length / 2; i++)
        bytes[i] = (uint8_t)(digit(key->text[2 * i]) << 4 | digit(key->text[2 * i + 1]));
    return length / 2;
}

bool psk_equal(const struct psk *a, const struct psk *b)
{
    return a->is_hex == b->is_hex && strcmp(a->text, b->text) == 0;
}

void psk_record_bootstrap(struct psk_record *r, uint64_t wall_ms, const struct psk *candidate)
{
    bool is_time = wall_ms >= r->called && wall_ms - r->called >= PSK_ROTATION_AGE;

    if (!*r->newest.text || (is_time && !r->is_users)) {
        r->newest = *candidate;
        r->is_users = false;
    }
    r->called = wall_ms;
}

bool psk_record_proves(const struct psk_record *r, const struct psk *key)
{
    if (r->is_users) /* no other will come by itself */
        return false;
    /* an older key that still works proves nothing new */
    return psk_equal(&r->newest, key) && !psk_equal(&r->proved, key);
}

bool psk_record_prove(struct psk_record *r, const struct psk *key)
{
    if (!psk_record_proves(r, key))
        return false;
    r->proved = *key;
    return true;
}
