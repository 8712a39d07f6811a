#include "workers/resources/topic.h"

#include <string.h>

static bool is_topic_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/';
}

static bool is_topic(const struct coap_text *t)
{
    if (t->length == 0 || t->length > TOPIC_MAX)
        return false;
    for (uint32_t i = 0; i < t->length; i++)
        if (!is_topic_character(t->bytes[i]) ||
            (i > 0 && t->bytes[i] == '/' && t->bytes[i - 1] == '/'))
            return false;
    return true;
}

/* No topic has an empty level. */
static bool cut_slashes(struct coap_text *t)
{
    if (t->bytes[0] == '/') {
        t->bytes++;
        t->length--;
    }
    if (t->length && t->bytes[t->length - 1] == '/')
        t->length--;
    return t->length > 0;
}

static bool is_query(const struct coap_option *o)
{
    return o->number == COAP_OPTION_URI_QUERY || o->number == COAP_OPTION_LOCATION_QUERY;
}

/* The value of "t=…"; false for another query. "t" alone is a `t` of no characters. */
static bool read_query(struct coap_text *value, const struct coap_option *o)
{
    if (o->length < 1 || o->value[0] != 't' || (o->length > 1 && o->value[1] != '='))
        return false;
    *value = (struct coap_text){.bytes = o->value + 1, .length = 0};
    if (o->length > 2)
        *value = (struct coap_text){.bytes = o->value + 2, .length = o->length - 2u};
    return true;
}

bool topic_read(struct coap_text *topic, const struct coap_message *m)
{
    struct coap_options options = coap_message_options(m);
    struct coap_text given = {0}, value;
    struct coap_option o;

    *topic = (struct coap_text){0};
    while (coap_option_next(&options, &o)) {
        if (!is_query(&o) || !read_query(&value, &o))
            continue;
        if (!is_topic(&value))
            return false;
        if (given.bytes &&
            (given.length != value.length || memcmp(given.bytes, value.bytes, value.length) != 0))
            return false;
        given = value;
    }
    if (!given.bytes)
        return true;
    *topic = given;
    return cut_slashes(topic);
}

static const char *const placeholders[] = {
    [TOPIC_ICCID] = "{iccid}", [TOPIC_IMSI] = "{imsi}", [TOPIC_T] = "{t}"};

/* The placeholder that a text begins with, or TOPIC_TEXT. */
static enum topic_part_kind placeholder_at(const char *text)
{
    for (int i = TOPIC_ICCID; i <= TOPIC_T; i++)
        if (strncmp(text, placeholders[i], strlen(placeholders[i])) == 0)
            return (enum topic_part_kind)i;
    return TOPIC_TEXT;
}

/* The part that a text begins with: a placeholder, a slash, or what there is until one of these. */
static struct topic_part part_at(const char *text, const char *at)
{
    struct topic_part part = {.kind = (uint8_t)placeholder_at(at), .start = (uint8_t)(at - text)};

    if (part.kind != TOPIC_TEXT)
        part.length = (uint8_t)strlen(placeholders[part.kind]);
    else if (*at == '/')
        part = (struct topic_part){.kind = TOPIC_SLASH, .start = part.start, .length = 1};
    else
        part.length = (uint8_t)(strcspn(at + 1, "{/") + 1);
    return part;
}

static void split(struct topic_template *t)
{
    for (const char *at = t->text; *at; at += t->parts[t->part_count++].length)
        t->parts[t->part_count] = part_at(t->text, at);
}

static struct coap_text value_of(const struct topic_template *t, const struct topic_part *part,
                                 const struct device *device, const struct coap_text *topic)
{
    const char *text = t->text + part->start;
    size_t length = part->length;

    if (part->kind == TOPIC_T)
        return *topic;
    if (part->kind == TOPIC_ICCID)
        length = strlen(text = device->iccid);
    else if (part->kind == TOPIC_IMSI)
        length = strlen(text = device->imsi);
    return (struct coap_text){.bytes = (const uint8_t *)text, .length = (uint32_t)length};
}

/* A slash goes out with what follows it, and not at the start: no level of a value is empty. */
void topic_expand(const struct topic_template *t, struct writer *w, const struct device *device,
                  const struct coap_text *topic)
{
    size_t start = writer_length(w);
    bool slash = false;

    for (uint32_t i = 0; i < t->part_count; i++) {
        struct coap_text value;

        if (t->parts[i].kind == TOPIC_SLASH) {
            slash = true;
            continue;
        }
        value = value_of(t, &t->parts[i], device, topic);
        if (!value.length)
            continue;
        if (slash && writer_length(w) > start)
            writer_u8(w, '/');
        slash = false;
        writer_bytes(w, value.bytes, value.length);
    }
    if (writer_length(w) == start)
        writer_text(w, t->fallback);
}

static uint32_t longest_topic(const struct topic_template *t)
{
    static const uint32_t longest[] = {
        [TOPIC_ICCID] = DEVICE_ICCID_MAX, [TOPIC_IMSI] = DEVICE_IMSI_MAX, [TOPIC_T] = TOPIC_MAX};
    size_t length = 0;

    for (uint32_t i = 0; i < t->part_count; i++)
        length += t->parts[i].kind > TOPIC_SLASH ? longest[t->parts[i].kind] : t->parts[i].length;
    return (uint32_t)(length > strlen(t->fallback) ? length : strlen(t->fallback));
}

static const char *check_text(const char *text)
{
    if (strlen(text) > TOPIC_TEMPLATE_MAX)
        return "longer than 255 characters";
    if (strpbrk(text, "+#"))
        return "'+' and '#' are wildcards and not allowed in a topic";
    for (const char *at = text; *at; at++)
        if (*at == '{' && placeholder_at(at) == TOPIC_TEXT)
            return "only {iccid}, {imsi} and {t} may stand in braces";
    return NULL;
}

const char *topic_template_init(struct topic_template *t, const char *text, const char *fallback)
{
    static const struct device nobody = {.iccid = "1"};
    static const struct coap_text none = {0};
    const char *wrong = check_text(text);
    uint8_t sample[2 * TOPIC_TEMPLATE_MAX];
    struct writer w = writer_over(sample, sizeof(sample));

    if (!wrong)
        wrong = check_text(fallback);
    if (wrong)
        return wrong;
    memcpy(t->text, text, strlen(text) + 1);
    memcpy(t->fallback, fallback, strlen(fallback) + 1);
    t->part_count = 0;
    split(t);
    t->longest = longest_topic(t);
    topic_expand(t, &w, &nobody, &none);
    if (writer_length(&w) == 0)
        return "becomes empty without t: set mqtt.default_topic";
    return NULL;
}
