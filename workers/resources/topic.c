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

/* Writes levels, leaving out the empty ones. */
struct level_writer {
    struct writer *w;
    size_t start; /* of the topic, in the writer */
    bool slash;   /* one is due before the next character */
};

static void put(struct level_writer *l, const uint8_t *bytes, size_t length)
{
    const uint8_t *end = length ? bytes + length : bytes; /* a topic that is not there is NULL */

    while (bytes < end) {
        const uint8_t *slash = memchr(bytes, '/', (size_t)(end - bytes));
        const uint8_t *stop = slash ? slash : end;

        if (stop > bytes && l->slash && writer_length(l->w) > l->start)
            writer_u8(l->w, '/');
        l->slash = slash || (l->slash && stop == bytes);
        writer_bytes(l->w, bytes, (size_t)(stop - bytes));
        bytes = slash ? slash + 1 : end;
    }
}

static const char *const placeholders[] = {"{iccid}", "{imsi}", "{t}"};
enum placeholder { PLACEHOLDER_ICCID, PLACEHOLDER_IMSI, PLACEHOLDER_T, PLACEHOLDERS };

static enum placeholder placeholder_at(const char *text)
{
    int i = 0;

    while (i < PLACEHOLDERS && strncmp(text, placeholders[i], strlen(placeholders[i])) != 0)
        i++;
    return (enum placeholder)i;
}

static void put_placeholder(struct level_writer *l, enum placeholder p, const struct device *device,
                            const struct coap_text *topic)
{
    if (p == PLACEHOLDER_ICCID)
        put(l, (const uint8_t *)device->iccid, strlen(device->iccid));
    else if (p == PLACEHOLDER_IMSI)
        put(l, (const uint8_t *)device->imsi, strlen(device->imsi));
    else
        put(l, topic->bytes, topic->length);
}

void topic_expand(const struct topic_template *t, struct writer *w, const struct device *device,
                  const struct coap_text *topic)
{
    struct level_writer l = {.w = w, .start = writer_length(w)};

    for (const char *at = t->text; *at;) {
        enum placeholder p = placeholder_at(at);

        if (p == PLACEHOLDERS) {
            put(&l, (const uint8_t *)at++, 1);
            continue;
        }
        put_placeholder(&l, p, device, topic);
        at += strlen(placeholders[p]);
    }
    if (writer_length(w) == l.start)
        writer_text(w, t->fallback);
}

/* How many characters a placeholder stands for at the most. */
static const uint32_t placeholder_max[PLACEHOLDERS] = {DEVICE_ICCID_MAX, DEVICE_IMSI_MAX,
                                                       TOPIC_MAX};

static uint32_t longest_topic(const struct topic_template *t)
{
    size_t length = 0;

    for (const char *at = t->text; *at;) {
        enum placeholder p = placeholder_at(at);

        length += p == PLACEHOLDERS ? 1 : placeholder_max[p];
        at += p == PLACEHOLDERS ? 1 : strlen(placeholders[p]);
    }
    return (uint32_t)(length > strlen(t->fallback) ? length : strlen(t->fallback));
}

static const char *check_text(const char *text)
{
    if (strlen(text) > TOPIC_TEMPLATE_MAX)
        return "longer than 255 characters";
    if (strpbrk(text, "+#"))
        return "'+' and '#' are wildcards and not allowed in a topic";
    for (const char *at = text; *at; at++)
        if (*at == '{' && placeholder_at(at) == PLACEHOLDERS)
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
    t->longest = longest_topic(t);
    topic_expand(t, &w, &nobody, &none);
    if (writer_length(&w) == 0)
        return "becomes empty without t: set mqtt.default_topic";
    return NULL;
}
