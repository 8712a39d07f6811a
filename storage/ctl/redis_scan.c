#include "storage/ctl/redis_scan.h"

#include "storage/ctl/redis_keys.h"
#include "storage/redis/keys.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 16

static const char *const location_names[LOCATION_FIELDS] = {"longitude", "latitude", "source",
                                                            "sample_time"};
static const char *const psk_names[PSK_FIELDS] = {"key", "format", "origin"};

static bool ask_fields(struct redis_scan *s, const void *key, size_t length,
                       const char *const *names, unsigned count)
{
    const char *words[WORDS_MAX] = {"HMGET", key};
    size_t lengths[WORDS_MAX] = {strlen("HMGET"), length};

    for (unsigned i = 0; i < count; i++) {
        words[2 + i] = names[i];
        lengths[2 + i] = strlen(names[i]);
    }
    return ctl_connection_send(s->connection, 2 + count, words, lengths);
}

static bool ask_extras(struct redis_scan *s, const char *iccid)
{
    struct redis_key key;

    redis_key_of_location(&key, s->connection->prefix, iccid);
    if (s->with_location && !ask_fields(s, key.bytes, key.length, location_names, LOCATION_FIELDS))
        return false;
    redis_key_of_psk(&key, s->connection->prefix, iccid);
    return !s->with_psk || ask_fields(s, key.bytes, key.length, psk_names, PSK_FIELDS);
}

static bool ask_device(struct redis_scan *s, const redisReply *key, const char *iccid)
{
    const char *names[DEVICE_FIELDS];

    for (unsigned i = 0; i < DEVICE_FIELDS; i++)
        names[i] = device_field_name(i);
    return ask_fields(s, key->str, key->len, names, DEVICE_FIELDS) && ask_extras(s, iccid);
}

/* Receives the fields of one hash, which are good until the answer is freed. False after a
 * complaint. A hash that is none has none. */
static bool receive_fields(struct redis_scan *s, redisReply **answer, struct redis_field *fields,
                           unsigned count, uint64_t *wrong_type)
{
    redisReply *reply = *answer = ctl_connection_receive(s->connection);

    if (!reply)
        return false;
    if (ctl_reply_is_wrong_type(reply)) {
        ++*wrong_type;
        return true;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        ctl_connection_complain(s->connection, reply, NULL);
        return false;
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count) {
        ctl_connection_complain_unexpected(s->connection);
        return false;
    }
    for (unsigned i = 0; i < count; i++)
        if (reply->element[i]->type == REDIS_REPLY_STRING)
            fields[i] = (struct redis_field){reply->element[i]->str, reply->element[i]->len};
    return true;
}

static bool is_there(const struct redis_device *device)
{
    for (unsigned i = 0; i < DEVICE_FIELDS; i++)
        if (device->fields[i].text)
            return true;
    return false;
}

/* The answers to ask_extras(), which are to be freed. */
static bool receive_extras(struct redis_scan *s, struct redis_device *device,
                           redisReply *answers[2])
{
    if (s->with_location &&
        !receive_fields(s, &answers[0], device->location, LOCATION_FIELDS, &s->wrong_type))
        return false;
    return !s->with_psk || receive_fields(s, &answers[1], device->psk, PSK_FIELDS, &s->wrong_type);
}

/* The answers to ask_device(). False after a complaint. */
static bool take_device(struct redis_scan *s, const char *iccid)
{
    struct redis_device device = {.iccid = ""};
    redisReply *answers[3] = {NULL};
    bool fine;

    snprintf(device.iccid, sizeof(device.iccid), "%s", iccid);
    fine = receive_fields(s, &answers[0], device.fields, DEVICE_FIELDS, &s->strange) &&
           receive_extras(s, &device, answers + 1);
    if (fine && !s->ended && is_there(&device))
        s->ended = !s->take(s->context, &device);
    for (unsigned i = 0; i < 3; i++)
        freeReplyObject(answers[i]);
    return fine;
}

/* False also where the scan ended. */
static bool take_page(void *context, const redisReply *keys)
{
    struct redis_scan *s = context;
    char iccid[DEVICE_ICCID_MAX + 1];
    const char *prefix = s->connection->prefix;

    for (size_t i = 0; i < keys->elements; i++) {
        const redisReply *key = keys->element[i];

        if (!redis_key_to_device(prefix, key->str, key->len, iccid))
            s->strange++;
        else if (!ask_device(s, key, iccid))
            return false;
    }
    for (size_t i = 0; i < keys->elements; i++) {
        const redisReply *key = keys->element[i];

        if (redis_key_to_device(prefix, key->str, key->len, iccid) && !take_device(s, iccid))
            return false;
    }
    return !s->ended;
}

bool redis_scan_run(struct redis_scan *s)
{
    char kind[REDIS_KEY_MAX];

    snprintf(kind, sizeof(kind), "%s%s%s", REDIS_KEY_DEVICE, *s->iccid ? "{" : "", s->iccid);
    return redis_keys(s->connection, kind, take_page, s) || s->ended;
}

bool redis_scan_complain(const struct redis_scan *s)
{
    if (s->strange)
        fprintf(stderr, "simgatectl: keys that begin with %s%s and are no device's: %" PRIu64 "\n",
                s->connection->prefix, REDIS_KEY_DEVICE, s->strange);
    if (s->wrong_type)
        fprintf(stderr,
                "simgatectl: locations and pre-shared keys of another type than they should be: "
                "%" PRIu64 "\n",
                s->wrong_type);
    return s->strange || s->wrong_type;
}

/* Copies a value. False where it does not fit, or has a NUL. */
static bool copy(char *to, size_t room, const struct redis_field *field)
{
    to[0] = 0;
    if (!field->text)
        return true;
    if (field->length >= room || memchr(field->text, 0, field->length))
        return false;
    memcpy(to, field->text, field->length);
    to[field->length] = 0;
    return true;
}

bool redis_device_location(const struct redis_device *d, struct location *l)
{
    const struct redis_field *f = d->location;

    *l = (struct location){.longitude = ""};
    return copy(l->longitude, sizeof(l->longitude), &f[LOCATION_FIELD_LONGITUDE]) &&
           copy(l->latitude, sizeof(l->latitude), &f[LOCATION_FIELD_LATITUDE]) &&
           copy(l->source, sizeof(l->source), &f[LOCATION_FIELD_SOURCE]) &&
           copy(l->sample_time, sizeof(l->sample_time), &f[LOCATION_FIELD_TIME]) &&
           location_is_legal(l);
}

bool redis_device_psk(const struct redis_device *d, struct psk *key)
{
    const struct redis_field *format = &d->psk[PSK_FIELD_FORMAT];

    *key = (struct psk){.is_hex = format->length == 3 && memcmp(format->text, "hex", 3) == 0};
    return copy(key->text, sizeof(key->text), &d->psk[PSK_FIELD_KEY]) && psk_is_legal(key);
}

bool redis_device_ask_extras(struct ctl_connection *connection, const char *iccid,
                             struct redis_device_extras *extras)
{
    struct redis_scan s = {.connection = connection, .with_location = true, .with_psk = true};
    struct redis_device device = {.iccid = ""};
    redisReply *answers[2] = {NULL};
    struct psk key;
    bool fine = ask_extras(&s, iccid) && receive_extras(&s, &device, answers);

    *extras = (struct redis_device_extras){.has_psk = fine && redis_device_psk(&device, &key)};
    explicit_bzero(&key, sizeof(key));
    if (fine && !redis_device_location(&device, &extras->location))
        extras->location = (struct location){.longitude = ""};
    if (fine)
        redis_scan_complain(&s);
    freeReplyObject(answers[0]);
    freeReplyObject(answers[1]);
    return fine;
}
