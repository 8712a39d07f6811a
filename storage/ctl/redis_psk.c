/* psk show where the store is Redis. */
#include "storage/ctl/connection.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_options.h"
#include "storage/ctl/output.h"
#include "storage/ctl/psk_commands.h"
#include "storage/redis/keys.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_KEY, SHOWN_FORMAT, SHOWN_ORIGIN, SHOWN_CALLED, SHOWN_PROVED, SHOWN_PROVED_FORMAT };

static const char *const fields[] = {"key",    "format", "origin",
                                     "called", "proved", "proved_format"};

#define FIELDS (sizeof(fields) / sizeof(*fields))

/* False where it is no legal key. */
static bool print_key(struct ctl_output *o, const char *name, const redisReply *text,
                      const redisReply *format, bool reveal)
{
    struct psk key = {.is_hex = format->type == REDIS_REPLY_STRING && !strcmp(format->str, "hex")};
    bool is_legal = false;

    if (text->len <= PSK_TEXT_MAX) {
        memcpy(key.text, text->str, text->len);
        is_legal = strlen(key.text) == text->len && psk_is_legal(&key);
    }
    if (is_legal)
        ctl_print_key(o, name, &key, reveal);
    else
        fprintf(stderr, "simgatectl: %s makes no sense: gateways take it as missing\n", name);
    explicit_bzero(&key, sizeof(key));
    return is_legal;
}

static bool is_same(const redisReply *a, const redisReply *b)
{
    return a->len == b->len && memcmp(a->str, b->str, a->len) == 0;
}

/* The key that a handshake proved last. False where it is no legal key. */
static bool print_proved(struct ctl_output *o, redisReply *const *f, bool reveal)
{
    bool is_there = f[SHOWN_PROVED]->type == REDIS_REPLY_STRING;
    bool is_newest = is_there && is_same(f[SHOWN_PROVED], f[SHOWN_KEY]);

    if (!is_there)
        ctl_output_text(o, "proved", NULL);
    else if (is_newest && !ctl_output_is_json(o))
        ctl_output_text(o, "proved", "the key");
    else if (!print_key(o, "proved", f[SHOWN_PROVED], f[SHOWN_PROVED_FORMAT], reveal))
        return false;
    if (ctl_output_is_json(o))
        ctl_output_bool(o, "proved_is_key", is_newest);
    return true;
}

/* Returns an enum ctl_exit. */
static int show(struct ctl_output *o, const redisReply *reply, const char *iccid, bool reveal)
{
    redisReply **f = reply->element;
    bool fine;

    if (f[SHOWN_KEY]->type != REDIS_REPLY_STRING) {
        fprintf(stderr, "simgatectl: %s has no key\n", iccid);
        return CTL_NO;
    }
    ctl_output_show(o, 9);
    ctl_output_begin(o);
    ctl_output_text(o, "iccid", iccid);
    fine = print_key(o, "key", f[SHOWN_KEY], f[SHOWN_FORMAT], reveal);
    for (unsigned i = SHOWN_FORMAT; i <= SHOWN_CALLED; i++)
        ctl_output_decimal(o, fields[i], f[i]->str, f[i]->len);
    fine &= print_proved(o, f, reveal);
    ctl_output_end(o);
    return fine ? CTL_OK : CTL_NO;
}

static int ask(struct ctl_connection *connection, struct ctl_output *o, const char *iccid,
               bool reveal)
{
    char name[REDIS_KEY_MAX + 1];
    const char *words[2 + FIELDS] = {"HMGET", name};
    struct redis_key key;
    redisReply *reply;
    int code = CTL_STORE;

    redis_key_of_psk(&key, connection->prefix, iccid);
    memcpy(name, key.bytes, key.length);
    name[key.length] = 0;
    memcpy(words + 2, fields, sizeof(fields));
    reply = ctl_connection_ask(connection, 2 + FIELDS, words);
    if (reply && (reply->type != REDIS_REPLY_ARRAY || reply->elements != FIELDS))
        ctl_connection_complain_unexpected(connection);
    else if (reply)
        code = show(o, reply, iccid, reveal);
    freeReplyObject(reply);
    return code;
}

int ctl_redis_psk_show(const struct ctl_arguments *a)
{
    struct ctl_connection connection;
    struct ctl_output output;
    struct device_row row = {0};
    int code;

    if (!ctl_output_open(&output, a) || !ctl_read_iccid(&row, a->words[0]))
        return CTL_USAGE;
    code = ctl_connection_open(&connection, a);
    if (code == CTL_OK)
        code = ask(&connection, &output, row.iccid, a->given[OPTION_REVEAL] != NULL);
    ctl_connection_close(&connection);
    return code;
}
