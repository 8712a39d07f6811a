#include "storage/redis/keys.h"

#include "base/cursor.h"
#include "base/net_address.h"
#include "base/writer.h"
#include "storage/redis/device_fields.h"
#include "storage/template_names.h"

#include <ctype.h>
#include <string.h>

bool redis_prefix_is_legal(const char *prefix)
{
    for (const char *c = prefix; *c; c++)
        if (!isgraph((unsigned char)*c) || *c == '{' || *c == '}')
            return false;
    return strlen(prefix) <= REDIS_PREFIX_MAX;
}

static struct writer begin(struct redis_key *key, const char *prefix)
{
    struct writer w = writer_over(key->bytes, sizeof(key->bytes));

    writer_text(&w, prefix);
    return w;
}

/* Everything fits: see REDIS_KEY_MAX. */
static void end(struct redis_key *key, const struct writer *w)
{
    key->length = (uint16_t)writer_length(w);
}

void redis_key_of_address(struct redis_key *key, const char *prefix, const uint8_t ip[16])
{
    struct writer w = begin(key, prefix);
    char text[NET_ADDRESS_TEXT];

    writer_literal(&w, REDIS_KEY_ADDRESS);
    writer_text(&w, net_ip_format(ip, text));
    end(key, &w);
}

static void name_of_device(struct redis_key *key, const char *prefix, const char *kind,
                           const char *iccid)
{
    struct writer w = begin(key, prefix);

    writer_text(&w, kind);
    writer_u8(&w, '{');
    writer_text(&w, iccid);
    writer_u8(&w, '}');
    end(key, &w);
}

void redis_key_of_device(struct redis_key *key, const char *prefix, const char *iccid)
{
    name_of_device(key, prefix, REDIS_KEY_DEVICE, iccid);
}

void redis_key_of_psk(struct redis_key *key, const char *prefix, const char *iccid)
{
    name_of_device(key, prefix, "psk:", iccid);
}

void redis_key_of_location(struct redis_key *key, const char *prefix, const char *iccid)
{
    name_of_device(key, prefix, "loc:", iccid);
}

void redis_key_of_template(struct redis_key *key, const char *prefix, const char *name)
{
    struct writer w = begin(key, prefix);

    writer_literal(&w, REDIS_KEY_TEMPLATE);
    writer_text(&w, name);
    end(key, &w);
}

void redis_key_of_active_template(struct redis_key *key, const char *prefix)
{
    struct writer w = begin(key, prefix);

    writer_literal(&w, REDIS_KEY_ACTIVE_TEMPLATE);
    end(key, &w);
}

void redis_key_of_exchange(struct redis_key *key, const char *prefix,
                           const struct store_exchange_key *exchange)
{
    struct writer w = begin(key, prefix);

    writer_literal(&w, "x:");
    writer_bytes(&w, exchange->bytes, exchange->length);
    end(key, &w);
}

/* Whether the next bytes are these, which are then passed. */
static bool passes(struct cursor *c, const char *text)
{
    size_t length = strlen(text);
    const uint8_t *bytes = cursor_bytes(c, length);

    return bytes && memcmp(bytes, text, length) == 0;
}

bool redis_key_to_address(const char *prefix, const char *bytes, size_t length, uint8_t ip[16])
{
    struct cursor c = cursor_over(bytes, length);
    char text[NET_ADDRESS_TEXT];
    size_t left;

    if (!passes(&c, prefix) || !passes(&c, REDIS_KEY_ADDRESS))
        return false;
    left = cursor_left(&c);
    if (left >= sizeof(text))
        return false;
    memcpy(text, cursor_bytes(&c, left), left);
    text[left] = 0;
    return strlen(text) == left && net_ip_parse(ip, text);
}

bool redis_key_to_device(const char *prefix, const char *bytes, size_t length,
                         char iccid[DEVICE_ICCID_MAX + 1])
{
    struct cursor c = cursor_over(bytes, length);
    struct redis_field field;

    if (!passes(&c, prefix) || !passes(&c, REDIS_KEY_DEVICE "{") || cursor_left(&c) == 0)
        return false;
    field.length = cursor_left(&c) - 1;
    field.text = (const char *)cursor_bytes(&c, field.length);
    return passes(&c, "}") && device_fields_read_iccid(iccid, &field);
}

static bool is_name_of_template(struct cursor c)
{
    size_t length;

    if (!passes(&c, REDIS_KEY_TEMPLATE))
        return false;
    length = cursor_left(&c);
    return template_name_is_legal((const char *)cursor_bytes(&c, length), length);
}

bool redis_key_is_of_templates(const char *prefix, const char *bytes, size_t length)
{
    struct cursor c = cursor_over(bytes, length);

    if (!passes(&c, prefix))
        return false;
    return is_name_of_template(c) ||
           (passes(&c, REDIS_KEY_ACTIVE_TEMPLATE) && cursor_left(&c) == 0);
}
