/* device show where the store is Redis. Others write there too, so it looks for what disagrees. */
#include "storage/ctl/connection.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_options.h"
#include "storage/ctl/output.h"
#include "storage/ctl/redis_scan.h"
#include "storage/redis/device_fields.h"
#include "storage/redis/keys.h"

#include <ctype.h>
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 2048 /* of a field, as it is shown */

struct showing {
    struct ctl_connection *connection;
    struct ctl_output output;
    bool by_address;
    uint8_t ip[16]; /* that was asked for */
    bool found_ip;  /* among the device's addresses */
    char iccid[DEVICE_ICCID_MAX + 1];
    bool disagrees;
};

static void object(struct showing *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What others wrote may be part of it. */
static void object(struct showing *s, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;

    s->disagrees = true;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    fprintf(stderr, "simgatectl: %s\n", text);
}

/* Asks one thing about a key. NULL after a complaint. */
static redisReply *ask_key(struct ctl_connection *connection, const char *command,
                           const struct redis_key *key)
{
    char text[REDIS_KEY_MAX + 1];
    const char *words[] = {command, text};

    memcpy(text, key->bytes, key->length);
    text[key->length] = 0;
    return ctl_connection_ask(connection, 2, words);
}

/* Who has the address: the text of its key, or a nil. */
static redisReply *ask_owner(struct ctl_connection *connection, const uint8_t ip[16])
{
    struct redis_key key;

    redis_key_of_address(&key, connection->prefix, ip);
    return ask_key(connection, "GET", &key);
}

/* Whether the address's key is as it should be where the device says that it is its address.
 * Returns an enum ctl_exit. */
static int check_owner(struct showing *s, const uint8_t ip[16])
{
    redisReply *owner = ask_owner(s->connection, ip);
    char text[NET_ADDRESS_TEXT], other[64];

    if (!owner)
        return CTL_STORE;
    net_ip_format(ip, text);
    if (owner->type != REDIS_REPLY_STRING)
        object(s, "%s%s%s is missing: no gateway finds the device by this address",
               s->connection->prefix, REDIS_KEY_ADDRESS, text);
    else if (strcmp(owner->str, s->iccid) != 0)
        object(s, "%s%s%s says %s: to gateways the address is that device's", s->connection->prefix,
               REDIS_KEY_ADDRESS, text, ctl_reply_text(other, sizeof(other), owner));
    freeReplyObject(owner);
    return CTL_OK;
}

static int check_address(struct showing *s, const char *text)
{
    char asked[NET_ADDRESS_TEXT];
    uint8_t ip[16];

    if (!net_ip_parse(ip, text)) {
        object(s, "one of the addresses is none: %.60s", text);
        return CTL_OK;
    }
    net_ip_format(ip, asked);
    if (strcmp(asked, text) != 0)
        object(s, "the address %.60s should be written %s", text, asked);
    if (s->by_address && memcmp(ip, s->ip, sizeof(ip)) == 0)
        s->found_ip = true;
    return check_owner(s, ip);
}

/* `list` may be NULL. */
static int check_addresses(struct showing *s, const char *list)
{
    char *texts = strdup(list ? list : ""), *rest = texts, *text;
    int code = texts ? CTL_OK : CTL_STORE;

    while (code == CTL_OK && list && *list && (text = strsep(&rest, ",")))
        code = check_address(s, text);
    free(texts);
    if (code == CTL_OK && s->by_address && !s->found_ip)
        object(s, "the device's own list of addresses lacks the one that was asked for");
    return code;
}

static void check_fields(struct showing *s, const struct redis_field fields[DEVICE_FIELDS])
{
    struct device device;
    const char *wrong = device_fields_read(&device, s->iccid, fields, NULL);

    if (wrong && strcmp(wrong, device_field_name(DEVICE_FIELD_STATUS)) == 0)
        object(s, "the status makes no sense: gateways take the device as inactive");
    else if (wrong)
        object(s, "%s makes no sense: gateways take it as missing", wrong);
}

static void print_device(struct ctl_output *o, const char *iccid,
                         const struct redis_field fields[DEVICE_FIELDS],
                         const struct redis_device_extras *extras)
{
    const struct redis_field *allowed = &fields[DEVICE_FIELD_LOCATION_ALLOWED];
    const struct redis_field *template = &fields[DEVICE_FIELD_TEMPLATE];

    ctl_output_show(o, 17);
    ctl_output_begin(o);
    ctl_output_text(o, "iccid", iccid);
    ctl_output_texts(o, "address", fields[DEVICE_FIELD_ADDRESSES].text,
                     fields[DEVICE_FIELD_ADDRESSES].length);
    ctl_output_bytes(o, "status", fields[DEVICE_FIELD_STATUS].text,
                     fields[DEVICE_FIELD_STATUS].length);
    ctl_output_bytes(o, "imsi", fields[DEVICE_FIELD_IMSI].text, fields[DEVICE_FIELD_IMSI].length);
    ctl_output_choice(o, "location_allowed", allowed->text, allowed->length);
    ctl_output_template(o, template->text, template->length);
    ctl_output_bool(o, "psk", extras->has_psk);
    ctl_output_location(o, &extras->location);
    ctl_output_end(o);
    fflush(stdout);
}

/* `values` are the fields in order. Returns an enum ctl_exit. */
static int show_fields(struct showing *s, const redisReply *const values[DEVICE_FIELDS])
{
    struct redis_field fields[DEVICE_FIELDS] = {{0}};
    struct redis_device_extras extras;

    for (unsigned i = 0; i < DEVICE_FIELDS; i++)
        if (values[i])
            fields[i] = (struct redis_field){.text = values[i]->str, .length = values[i]->len};
    if (!redis_device_ask_extras(s->connection, s->iccid, &extras))
        return CTL_STORE;
    print_device(&s->output, s->iccid, fields, &extras);
    check_fields(s, fields);
    return check_addresses(s, fields[DEVICE_FIELD_ADDRESSES].text);
}

/* Picks our fields out of names and values in turn. */
static void pick_fields(const redisReply *values[DEVICE_FIELDS], const redisReply *all)
{
    for (unsigned field = 0; field < DEVICE_FIELDS; field++) {
        values[field] = NULL;
        for (size_t i = 0; i + 1 < all->elements; i += 2)
            if (all->element[i]->type == REDIS_REPLY_STRING &&
                all->element[i + 1]->type == REDIS_REPLY_STRING &&
                strcmp(all->element[i]->str, device_field_name(field)) == 0)
                values[field] = all->element[i + 1];
    }
}

/* Returns an enum ctl_exit. */
static int show_device(struct showing *s)
{
    const redisReply *values[DEVICE_FIELDS];
    struct redis_key key;
    redisReply *all;
    int code = CTL_OK;

    redis_key_of_device(&key, s->connection->prefix, s->iccid);
    all = ask_key(s->connection, "HGETALL", &key);
    if (!all)
        return CTL_STORE;
    pick_fields(values, all);
    if (all->elements > 0)
        code = show_fields(s, values);
    else if (s->by_address)
        object(s, "the address is that of %s, and there is no such device", s->iccid);
    else
        object(s, "there is no device %s", s->iccid);
    freeReplyObject(all);
    return code;
}

/* Finds the ICCID. Returns an enum ctl_exit. */
static int find_by_address(struct showing *s)
{
    redisReply *owner = ask_owner(s->connection, s->ip);
    char text[NET_ADDRESS_TEXT], other[64];
    struct redis_field field;
    int code = CTL_NO;

    if (!owner)
        return CTL_STORE;
    net_ip_format(s->ip, text);
    field = (struct redis_field){.text = owner->str, .length = owner->len};
    if (owner->type != REDIS_REPLY_STRING)
        object(s, "there is no device with the address %s", text);
    else if (!device_fields_read_iccid(s->iccid, &field))
        object(s, "%s%s%s says %s, which is no ICCID", s->connection->prefix, REDIS_KEY_ADDRESS,
               text, ctl_reply_text(other, sizeof(other), owner));
    else
        code = CTL_OK;
    freeReplyObject(owner);
    return code;
}

/* Reads the operand. False after a complaint. */
static bool read_operand(struct showing *s, const struct ctl_arguments *a)
{
    const char *word = a->words[0];
    struct device_row row = {0};
    char text[NET_ADDRESS_TEXT];
    unsigned bits;

    s->by_address = strspn(word, "0123456789") != strlen(word);
    if (!s->by_address) {
        if (!ctl_read_iccid(&row, word))
            return false;
        memcpy(s->iccid, row.iccid, sizeof(s->iccid));
        return true;
    }
    if (!net_ip_parse(s->ip, word)) {
        fprintf(stderr, "simgatectl: \"%s\" is neither an address nor an ICCID\n", word);
        return false;
    }
    if (!ctl_ipv6_prefix(a, &bits))
        return false;
    if (ctl_cut_address(s->ip, bits))
        fprintf(stderr, "simgatectl: %s is looked for as %s, which stands for its whole /%u\n",
                word, net_ip_format(s->ip, text), bits);
    return true;
}

int ctl_redis_show(const struct ctl_arguments *a)
{
    struct ctl_connection connection;
    struct showing s = {.connection = &connection};
    int code;

    if (!ctl_output_open(&s.output, a) || !read_operand(&s, a))
        return CTL_USAGE;
    code = ctl_connection_open(&connection, a);
    if (code == CTL_OK && s.by_address)
        code = find_by_address(&s);
    if (code == CTL_OK)
        code = show_device(&s);
    ctl_connection_close(&connection);
    return code == CTL_OK && s.disagrees ? CTL_NO : code;
}
