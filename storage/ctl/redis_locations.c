/* Locations where the store is Redis. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/ctl_store.h"
#include "storage/location.h"
#include "storage/redis/keys.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* The fields of a location's key (docs/redis.md). */
static const char *const fields[] = {"longitude", "latitude", "source", "sample_time"};

#define FIELDS (sizeof(fields) / sizeof(*fields))

/* Asks for a number. CTL_ABSENT where it is 0. */
static int ask_number(struct ctl_store *s, const char *command, const struct redis_key *key)
{
    char text[REDIS_KEY_MAX + 1];
    const char *words[] = {command, ctl_key_text(text, key)};
    redisReply *reply = ctl_connection_ask(&s->connection, 2, words);
    int code = CTL_STORE;

    if (reply && reply->type == REDIS_REPLY_INTEGER)
        code = reply->integer ? CTL_OK : CTL_ABSENT;
    else if (reply)
        ctl_connection_complain_unexpected(&s->connection);
    freeReplyObject(reply);
    return code;
}

static int find_device(struct ctl_store *s, const char *iccid)
{
    struct redis_key key;

    redis_key_of_device(&key, s->connection.prefix, iccid);
    return ask_number(s, "EXISTS", &key);
}

static void take_field(char to[CTL_LOCATION_TEXT_MAX], const redisReply *reply)
{
    *to = 0;
    if (reply->type == REDIS_REPLY_STRING && reply->len > 0)
        ctl_reply_text(to, CTL_LOCATION_TEXT_MAX, reply);
}

/* Whether there is any field. */
static bool take_fields(struct ctl_location *location, const redisReply *reply)
{
    char *const to[FIELDS] = {location->longitude, location->latitude, location->source,
                              location->sample_time};
    bool any = false;

    for (size_t i = 0; i < FIELDS; i++) {
        take_field(to[i], reply->element[i]);
        any |= reply->element[i]->type != REDIS_REPLY_NIL;
    }
    return any;
}

static int read_location(struct ctl_store *s, const char *iccid, struct ctl_location *location)
{
    char text[REDIS_KEY_MAX + 1];
    const char *words[2 + FIELDS] = {"HMGET", text};
    struct redis_key key;
    redisReply *reply;
    int code = CTL_STORE;

    redis_key_of_location(&key, s->connection.prefix, iccid);
    ctl_key_text(text, &key);
    memcpy(words + 2, fields, sizeof(fields));
    reply = ctl_connection_ask(&s->connection, 2 + FIELDS, words);
    if (reply && (reply->type != REDIS_REPLY_ARRAY || reply->elements != FIELDS))
        ctl_connection_complain_unexpected(&s->connection);
    else if (reply)
        code = take_fields(location, reply) ? CTL_OK : CTL_ABSENT;
    freeReplyObject(reply);
    return code;
}

static int write_location(struct ctl_store *s, const char *iccid, const struct location *location)
{
    const char *const values[FIELDS] = {location->longitude, location->latitude, location->source,
                                        location->sample_time};
    char text[REDIS_KEY_MAX + 1];
    const char *words[2 + 2 * FIELDS] = {"HSET", text};
    struct redis_key key;
    redisReply *reply;

    redis_key_of_location(&key, s->connection.prefix, iccid);
    ctl_key_text(text, &key);
    for (size_t i = 0; i < FIELDS; i++) {
        words[2 + 2 * i] = fields[i];
        words[3 + 2 * i] = values[i];
    }
    reply = ctl_connection_ask(&s->connection, 2 + 2 * FIELDS, words);
    freeReplyObject(reply);
    return reply ? CTL_OK : CTL_STORE;
}

static int remove_location(struct ctl_store *s, const char *iccid)
{
    struct redis_key key;

    redis_key_of_location(&key, s->connection.prefix, iccid);
    return ask_number(s, "DEL", &key);
}

const struct ctl_location_ops ctl_redis_locations = {
    .find_device = find_device,
    .read = read_location,
    .write = write_location,
    .remove = remove_location,
};
