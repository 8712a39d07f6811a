#include "loadtest/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX     32
#define LINE_MAX_LENGTH 1024

struct dtls_client_key *keys_new(const char *identity, size_t identity_length, const char *key,
                                 size_t key_length)
{
    struct dtls_client_key *k;
    char *texts;

    if (identity_length == 0 || identity_length > DTLS_CLIENT_IDENTITY_MAX || key_length == 0 ||
        key_length > DTLS_CLIENT_KEY_MAX)
        return NULL;
    k = malloc(sizeof(*k) + identity_length + 1 + key_length);
    if (!k)
        return NULL;
    texts = (char *)(k + 1);
    memcpy(texts, identity, identity_length);
    texts[identity_length] = 0;
    memcpy(&texts[identity_length + 1], key, key_length);
    *k = (struct dtls_client_key){
        .identity = texts, .key = (uint8_t *)&texts[identity_length + 1], .key_length = key_length};
    return k;
}

struct dtls_client_key *keys_from_bootstrap(const uint8_t *payload, size_t length)
{
    const char *text = (const char *)payload;
    const char *first = memchr(text, ',', length);
    size_t identity_length, left;
    const char *second;

    if (!first)
        return NULL;
    identity_length = (size_t)(first - text);
    left = length - identity_length - 1;
    second = memchr(first + 1, ',', left);
    return keys_new(text, identity_length, first + 1, second ? (size_t)(second - first - 1) : left);
}

/* Splits a line in place. */
static uint32_t split(char *line, char *fields[COLUMNS_MAX])
{
    uint32_t count = 0;

    line[strcspn(line, "\r\n")] = 0;
    while (line && count < COLUMNS_MAX)
        fields[count++] = strsep(&line, ",");
    return count;
}

static uint32_t find_column(char *const *fields, uint32_t count, const char *name)
{
    uint32_t i = 0;

    while (i < count && strcmp(fields[i], name) != 0)
        i++;
    return i;
}

static int refuse(char problem[160], uint32_t line, const char *why)
{
    snprintf(problem, 160, "line %u %s", line, why);
    return -EINVAL;
}

/* Where the columns are; `format` is the number of fields where there is none. */
struct columns {
    uint32_t count, iccid, psk, format;
};

static struct columns read_header(FILE *f)
{
    char line[LINE_MAX_LENGTH], *fields[COLUMNS_MAX];
    uint32_t count = fgets(line, sizeof(line), f) ? split(line, fields) : 0;

    return (struct columns){.count = count,
                            .iccid = find_column(fields, count, "iccid"),
                            .psk = find_column(fields, count, "psk"),
                            .format = find_column(fields, count, "psk_format")};
}

/* The number of bytes, 0 where it is no key in hexadecimal. */
static size_t decode_hex(const char *text, uint8_t key[DTLS_CLIENT_KEY_MAX])
{
    size_t length = strlen(text) / 2;

    if (strlen(text) % 2 != 0 || length > DTLS_CLIENT_KEY_MAX ||
        text[strspn(text, "0123456789abcdefABCDEF")])
        return 0;
    for (size_t i = 0; i < length; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], 0};

        key[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return length;
}

static struct dtls_client_key *read_key(const struct columns *c, char *const *fields)
{
    const char *identity = fields[c->iccid], *text = fields[c->psk];
    uint8_t key[DTLS_CLIENT_KEY_MAX];

    if (c->format == c->count || strcmp(fields[c->format], "hex") != 0)
        return keys_new(identity, strlen(identity), text, strlen(text));
    return keys_new(identity, strlen(identity), (const char *)key, decode_hex(text, key));
}

static int read_rows(FILE *f, uint32_t count, keys_take take, void *owner, char problem[160])
{
    char line[LINE_MAX_LENGTH], *fields[COLUMNS_MAX];
    struct columns columns = read_header(f);

    if (columns.iccid == columns.count || columns.psk == columns.count)
        return refuse(problem, 1, "does not name columns iccid and psk");
    for (uint32_t row = 0; row < count; row++) {
        struct dtls_client_key *key;

        if (!fgets(line, sizeof(line), f))
            return refuse(problem, row + 2, "is missing: one for each device");
        if (split(line, fields) != columns.count)
            return refuse(problem, row + 2, "has another number of fields than the first");
        key = read_key(&columns, fields);
        if (!key)
            return refuse(problem, row + 2, "has no identity or key, or a wrong one");
        take(owner, row, key);
    }
    return 0;
}

int keys_read(const char *path, uint32_t count, keys_take take, void *owner, char problem[160])
{
    FILE *f = fopen(path, "re");
    int error;

    if (!f)
        return -errno;
    error = read_rows(f, count, take, owner, problem);
    fclose(f);
    return error;
}
