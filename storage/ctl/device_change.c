#include "storage/ctl/device_change.h"

#include "base/writer.h"
#include "storage/ctl/device_script.h"
#include "storage/redis/device_fields.h"
#include "storage/redis/keys.h"

#include <ctype.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX  (1 + DEVICE_ADDRESSES_MAX)
#define WORDS_MAX (3 + KEYS_MAX + 9 + 2 * DEVICE_FIELDS)

static const char *const modes[] = {[DEVICE_CHANGE_ADD] = "add",
                                    [DEVICE_CHANGE_SET] = "set",
                                    [DEVICE_CHANGE_PUT] = "put",
                                    [DEVICE_CHANGE_REMOVE] = "remove"};

static const char *const outcomes[DEVICE_CHANGE_OUTCOMES] = {
    [DEVICE_CHANGE_ADDED] = "added",         [DEVICE_CHANGE_UPDATED] = "updated",
    [DEVICE_CHANGE_UNCHANGED] = "unchanged", [DEVICE_CHANGE_REMOVED] = "removed",
    [DEVICE_CHANGE_EXISTS] = "exists",       [DEVICE_CHANGE_ABSENT] = "absent",
    [DEVICE_CHANGE_TAKEN] = "taken",         [DEVICE_CHANGE_WRONG_TYPE] = "WRONGTYPE"};

/* The words of a command, and what some of them are made of. */
struct command {
    unsigned count;
    const char *words[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    char key_count[8];
    struct redis_key keys[KEYS_MAX];
    struct redis_key psk;
    struct redis_key location_key;
    char location[sizeof(struct location) + 4];
    char address_prefix[REDIS_KEY_MAX];
    char addresses[DEVICE_ADDRESSES_MAX * NET_ADDRESS_TEXT];
};

bool device_change_add_address(struct device_change *c, const uint8_t ip[16])
{
    for (unsigned i = 0; i < c->address_count; i++)
        if (memcmp(c->addresses[i], ip, 16) == 0)
            return true;
    if (c->address_count == DEVICE_ADDRESSES_MAX)
        return false;
    memcpy(c->addresses[c->address_count++], ip, 16);
    return true;
}

static void add_word(struct command *command, const char *word, size_t length)
{
    command->words[command->count] = word;
    command->lengths[command->count++] = length;
}

static void add_text(struct command *command, const char *text)
{
    add_word(command, text, strlen(text));
}

static void add_keys(struct command *command, const char *prefix, const struct device_change *c)
{
    snprintf(command->key_count, sizeof(command->key_count), "%u", 1 + c->address_count);
    add_text(command, command->key_count);
    redis_key_of_device(&command->keys[0], prefix, c->row.iccid);
    for (unsigned i = 0; i < c->address_count; i++)
        redis_key_of_address(&command->keys[i + 1], prefix, c->addresses[i]);
    for (unsigned i = 0; i <= c->address_count; i++)
        add_word(command, (const char *)command->keys[i].bytes, command->keys[i].length);
}

/* "10.0.0.1,fd00:0:0:1::" */
static const char *list_addresses(struct command *command, const struct device_change *c)
{
    struct writer w = writer_over(command->addresses, sizeof(command->addresses));
    char text[NET_ADDRESS_TEXT];

    for (unsigned i = 0; i < c->address_count; i++) {
        writer_text(&w, i ? "," : "");
        writer_text(&w, net_ip_format(c->addresses[i], text));
    }
    writer_terminate(&w);
    return command->addresses;
}

static void add_field(struct command *command, const struct device_change *c,
                      enum device_column column, enum device_field field, const char *value)
{
    if (!(c->row.given & DEVICE_COLUMN_BIT(column)))
        return;
    add_text(command, device_field_name(field));
    add_text(command, value);
}

/* What becomes of the key. Nothing is named where that is nothing, so that it takes no right. */
static void add_psk(struct command *command, const char *prefix, const struct device_change *c)
{
    const struct device_row *row = &c->row;
    bool is_set = (row->given & DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK)) && *row->psk;
    bool is_named = is_set || c->reset_psk || c->mode == DEVICE_CHANGE_REMOVE;

    redis_key_of_psk(&command->psk, prefix, row->iccid);
    add_word(command, (const char *)command->psk.bytes, is_named ? command->psk.length : 0);
    add_text(command, is_set ? row->psk : "");
    if (c->reset_psk)
        add_text(command, "reset");
    else
        add_text(command, !is_set ? "" : row->psk_is_hex ? "hex" : "text");
}

/* Where the device is: it goes with the device, and stays as it is where nothing is said. */
static void add_location(struct command *command, const char *prefix, const struct device_change *c)
{
    const struct location *l = &c->row.location;
    bool is_set = *l->longitude;

    redis_key_of_location(&command->location_key, prefix, c->row.iccid);
    snprintf(command->location, sizeof(command->location), "%s,%s,%s,%s", l->longitude, l->latitude,
             l->source, l->sample_time);
    add_word(command, (const char *)command->location_key.bytes,
             is_set || c->mode == DEVICE_CHANGE_REMOVE ? command->location_key.length : 0);
    add_text(command, is_set ? command->location : "");
}

static bool send_change(struct ctl_connection *connection, const char *sha,
                        const struct device_change *c)
{
    struct command command;
    const struct device_row *row = &c->row;

    command.count = 0;
    add_text(&command, "EVALSHA");
    add_text(&command, sha);
    add_keys(&command, connection->prefix, c);
    add_text(&command, row->iccid);
    add_text(&command, modes[c->mode]);
    snprintf(command.address_prefix, sizeof(command.address_prefix), "%s%s", connection->prefix,
             REDIS_KEY_ADDRESS);
    add_text(&command, command.address_prefix);
    add_text(&command, c->take_addresses ? "take" : "");
    add_psk(&command, connection->prefix, c);
    add_location(&command, connection->prefix, c);
    add_field(&command, c, DEVICE_COLUMN_ADDRESS, DEVICE_FIELD_ADDRESSES,
              list_addresses(&command, c));
    add_field(&command, c, DEVICE_COLUMN_STATUS, DEVICE_FIELD_STATUS,
              row->active ? "active" : "inactive");
    add_field(&command, c, DEVICE_COLUMN_IMSI, DEVICE_FIELD_IMSI, row->imsi);
    add_field(&command, c, DEVICE_COLUMN_LOCATION_ALLOWED, DEVICE_FIELD_LOCATION_ALLOWED,
              row->location_allowed ? "true" : "false");
    add_field(&command, c, DEVICE_COLUMN_TEMPLATE, DEVICE_FIELD_TEMPLATE, row->template);
    return ctl_connection_send(connection, command.count, command.words, command.lengths);
}

/* The text of an answer's part; false where it has none. */
static bool take_text(char *to, size_t room, const redisReply *reply, size_t part)
{
    if (part >= reply->elements || reply->element[part]->type != REDIS_REPLY_STRING)
        return false;
    ctl_reply_text(to, room, reply->element[part]);
    return true;
}

/* The script puts the key behind what Redis says. */
static void take_wrong_type(struct device_change_result *result, const char *error)
{
    const char *at = strstr(error, ": "), *end = error + ctl_error_length(error);

    at = at && at < end ? at + 2 : error;
    *result = (struct device_change_result){.outcome = DEVICE_CHANGE_WRONG_TYPE};
    snprintf(result->key, sizeof(result->key), "%.*s", (int)(end - at), at);
    for (char *c = result->key; *c; c++)
        *c = isprint((unsigned char)*c) ? *c : '?';
}

/* False where the answer makes no sense. */
static bool read_result(struct device_change_result *result, const redisReply *reply)
{
    char word[16];
    unsigned outcome = 0;

    *result = (struct device_change_result){0};
    if (reply->type != REDIS_REPLY_ARRAY || !take_text(word, sizeof(word), reply, 0))
        return false;
    while (outcome < DEVICE_CHANGE_OUTCOMES && strcmp(word, outcomes[outcome]) != 0)
        outcome++;
    result->outcome = outcome;
    if (outcome == DEVICE_CHANGE_TAKEN)
        return take_text(result->address, sizeof(result->address), reply, 1) &&
               take_text(result->owner, sizeof(result->owner), reply, 2);
    return outcome < DEVICE_CHANGE_OUTCOMES;
}

static bool receive_result(struct ctl_connection *connection, struct device_change_result *result)
{
    redisReply *reply = ctl_connection_receive(connection);
    bool fine = reply && read_result(result, reply);

    if (reply && ctl_reply_is_wrong_type(reply)) {
        take_wrong_type(result, reply->str);
        fine = true;
    } else if (reply && reply->type == REDIS_REPLY_ERROR)
        ctl_connection_complain(connection, reply, NULL);
    else if (reply && !fine)
        ctl_connection_complain_unexpected(connection);
    freeReplyObject(reply);
    return fine;
}

bool device_changes_begin(struct device_changes *changes, struct ctl_connection *connection)
{
    const char *words[] = {"SCRIPT", "LOAD", device_script};
    redisReply *reply = ctl_connection_ask(connection, 3, words);
    bool loaded = reply && reply->type == REDIS_REPLY_STRING && reply->len <= DEVICE_CHANGE_SCRIPT;

    *changes = (struct device_changes){.connection = connection};
    if (loaded)
        memcpy(changes->script, reply->str, reply->len + 1);
    else if (reply)
        ctl_connection_complain_unexpected(connection);
    freeReplyObject(reply);
    return loaded;
}

/* The script comes with each of them, since Redis may forget its scripts. */
bool device_changes_send(struct device_changes *changes, const struct device_change *list,
                         size_t count)
{
    const char *words[] = {"SCRIPT", "LOAD", device_script};

    if (!ctl_connection_send(changes->connection, 3, words, NULL))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!send_change(changes->connection, changes->script, &list[i]))
            return false;
    return true;
}

bool device_changes_receive(struct device_changes *changes, struct device_change_result *results,
                            size_t count, size_t *done)
{
    redisReply *loaded = ctl_connection_receive(changes->connection);

    *done = 0;
    if (!loaded)
        return false;
    if (loaded->type == REDIS_REPLY_ERROR)
        ctl_connection_complain(changes->connection, loaded, NULL);
    while (loaded->type != REDIS_REPLY_ERROR && *done < count &&
           receive_result(changes->connection, &results[*done]))
        ++*done;
    freeReplyObject(loaded);
    return *done == count;
}

bool device_changes_run(struct ctl_connection *connection, const struct device_change *list,
                        struct device_change_result *results, size_t count, size_t *done)
{
    struct device_changes changes;

    *done = 0;
    return device_changes_begin(&changes, connection) &&
           device_changes_send(&changes, list, count) &&
           device_changes_receive(&changes, results, count, done);
}
