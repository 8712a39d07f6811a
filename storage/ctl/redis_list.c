/* device list where the store is Redis: one page of a SCAN after the other, whatever there is. */
#include "base/writer.h"
#include "storage/ctl/connection.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/output.h"
#include "storage/redis/device_fields.h"
#include "storage/redis/keys.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE "1000" /* keys that Redis looks at for one */

struct listing {
    struct ctl_connection *connection;
    struct ctl_output *output;
    uint64_t strange; /* keys that are no devices' */
};

/* Every key of a device, with what a pattern gives a meaning escaped. */
static void make_pattern(char pattern[2 * REDIS_KEY_MAX], const char *prefix)
{
    struct writer w = writer_over(pattern, 2 * REDIS_KEY_MAX);

    for (const char *c = prefix; *c; c++) {
        if (strchr("*?[]\\^", *c))
            writer_u8(&w, '\\');
        writer_u8(&w, (uint8_t)*c);
    }
    writer_literal(&w, REDIS_KEY_DEVICE "*");
    writer_terminate(&w);
}

static bool ask_device(struct ctl_connection *connection, const redisReply *key)
{
    const char *words[2 + DEVICE_FIELDS] = {"HMGET", key->str};
    size_t lengths[2 + DEVICE_FIELDS] = {strlen("HMGET"), key->len};

    for (unsigned i = 0; i < DEVICE_FIELDS; i++) {
        words[2 + i] = device_field_name(i);
        lengths[2 + i] = strlen(words[2 + i]);
    }
    return ctl_connection_send(connection, 2 + DEVICE_FIELDS, words, lengths);
}

static bool is_gone(const redisReply *fields)
{
    for (size_t i = 0; i < fields->elements; i++)
        if (fields->element[i]->type != REDIS_REPLY_NIL)
            return false;
    return true;
}

static void print_device(struct ctl_output *o, const char *iccid, const redisReply *fields)
{
    const redisReply *address = fields->element[DEVICE_FIELD_ADDRESSES];
    const redisReply *status = fields->element[DEVICE_FIELD_STATUS];
    const redisReply *imsi = fields->element[DEVICE_FIELD_IMSI];
    const redisReply *allowed = fields->element[DEVICE_FIELD_LOCATION_ALLOWED];
    const redisReply *template = fields->element[DEVICE_FIELD_TEMPLATE];

    ctl_output_begin(o);
    ctl_output_text(o, "iccid", iccid);
    ctl_output_texts(o, "address", address->str, address->len);
    ctl_output_bytes(o, "status", status->str, status->len);
    ctl_output_bytes(o, "imsi", imsi->str, imsi->len);
    ctl_output_choice(o, "location_allowed", allowed->str, allowed->len);
    ctl_output_bytes(o, "template", template->str, template->len);
    ctl_output_end(o);
}

/* The answer to ask_device(). False after a complaint. */
static bool list_device(struct listing *listing, const redisReply *key)
{
    redisReply *fields = ctl_connection_receive(listing->connection);
    char iccid[DEVICE_ICCID_MAX + 1];
    bool fine = true;

    if (!fields)
        return false;
    if (ctl_reply_is_wrong_type(fields) ||
        !redis_key_to_device(listing->connection->prefix, key->str, key->len, iccid)) {
        listing->strange++;
    } else if (fields->type == REDIS_REPLY_ERROR) {
        ctl_connection_complain(listing->connection, fields, NULL);
        fine = false;
    } else if (fields->type != REDIS_REPLY_ARRAY || fields->elements != DEVICE_FIELDS) {
        ctl_connection_complain_unexpected(listing->connection);
        fine = false;
    } else if (!is_gone(fields)) {
        print_device(listing->output, iccid, fields);
    }
    freeReplyObject(fields);
    return fine;
}

static bool list_page(struct listing *listing, const redisReply *keys)
{
    for (size_t i = 0; i < keys->elements; i++)
        if (!ask_device(listing->connection, keys->element[i]))
            return false;
    for (size_t i = 0; i < keys->elements; i++)
        if (!list_device(listing, keys->element[i]))
            return false;
    return true;
}

/* The two parts of an answer to SCAN. */
static bool is_page(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_STRING && reply->element[0]->len < 32 &&
           reply->element[1]->type == REDIS_REPLY_ARRAY;
}

static bool list_all(struct listing *listing)
{
    char pattern[2 * REDIS_KEY_MAX], cursor[32] = "0";
    const char *words[] = {"SCAN", cursor, "MATCH", pattern, "COUNT", PAGE};
    redisReply *page;
    bool fine;

    make_pattern(pattern, listing->connection->prefix);
    do {
        page = ctl_connection_ask(listing->connection, 6, words);
        if (!page)
            return false;
        fine = is_page(page);
        if (fine) {
            memcpy(cursor, page->element[0]->str, page->element[0]->len + 1);
            fine = list_page(listing, page->element[1]);
        } else {
            ctl_connection_complain_unexpected(listing->connection);
        }
        freeReplyObject(page);
    } while (fine && strcmp(cursor, "0") != 0 && !ferror(stdout));
    return fine;
}

int ctl_redis_list(const struct ctl_arguments *a)
{
    static const struct ctl_column columns[] = {{"iccid", "ICCID", 22},
                                                {"address", "ADDRESS", 15},
                                                {"status", "STATUS", 8},
                                                {"imsi", "IMSI", 15},
                                                {"location_allowed", NULL, 0},
                                                {"template", "TEMPLATE", 0},
                                                {0}};
    struct ctl_connection connection;
    struct ctl_output output;
    struct listing listing = {.connection = &connection, .output = &output};
    int code;

    if (!ctl_output_open(&output, a))
        return CTL_USAGE;
    code = ctl_connection_open(&connection, a);
    if (code == CTL_OK) {
        ctl_output_list(&output, columns);
        code = list_all(&listing) ? CTL_OK : CTL_STORE;
    }
    if (code == CTL_OK && listing.strange) {
        fprintf(stderr, "simgatectl: keys that begin with %s%s and are no device's: %" PRIu64 "\n",
                connection.prefix, REDIS_KEY_DEVICE, listing.strange);
        code = CTL_NO;
    }
    ctl_connection_close(&connection);
    return code;
}
