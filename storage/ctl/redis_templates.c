/* Templates where the store is Redis. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/ctl_store.h"
#include "storage/ctl/redis_keys.h"
#include "storage/ctl/redis_scan.h"
#include "storage/redis/keys.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* Asks one thing about a template. NULL after a complaint. */
static redisReply *ask_template(struct ctl_store *s, const char *command, const char *name)
{
    char text[REDIS_KEY_MAX + 1];
    const char *words[] = {command, text};
    struct redis_key key;

    redis_key_of_template(&key, s->connection.prefix, name);
    ctl_key_text(text, &key);
    return ctl_connection_ask(&s->connection, 2, words);
}

/* The text that a key has. CTL_ABSENT where there is no such key. */
static int get_text(struct ctl_store *s, const struct redis_key *key, struct template_text *text)
{
    char key_text[REDIS_KEY_MAX + 1];
    const char *words[] = {"GET", ctl_key_text(key_text, key)};
    bool sent = ctl_connection_send(&s->connection, 2, words, NULL);
    redisReply *reply = sent ? ctl_connection_receive(&s->connection) : NULL;
    int code = CTL_STORE;

    if (reply && reply->type == REDIS_REPLY_NIL)
        code = CTL_ABSENT;
    else if (reply && reply->type == REDIS_REPLY_STRING)
        code = template_text_copy(text, reply->str, reply->len) ? CTL_OK : CTL_STORE;
    else if (reply && ctl_reply_is_wrong_type(reply))
        code = template_text_copy(text, "", 0) ? CTL_OK : CTL_STORE;
    else if (reply)
        ctl_connection_complain(&s->connection, reply, NULL);
    text->is_other = code == CTL_OK && reply->type == REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return code;
}

static int read_template(struct ctl_store *s, const char *name, struct template_text *text)
{
    struct redis_key key;

    redis_key_of_template(&key, s->connection.prefix, name);
    return get_text(s, &key, text);
}

/* The text has compiled, so that there is no NUL in it. */
static int write_template(struct ctl_store *s, const char *name, const struct template_text *text,
                          bool replace)
{
    char key_text[REDIS_KEY_MAX + 1];
    const char *words[] = {"SET", key_text, text->bytes, "NX"};
    struct redis_key key;
    redisReply *reply;
    int code = CTL_STORE;

    redis_key_of_template(&key, s->connection.prefix, name);
    ctl_key_text(key_text, &key);
    reply = ctl_connection_ask(&s->connection, replace ? 3 : 4, words);
    if (reply)
        code = reply->type == REDIS_REPLY_NIL ? CTL_ABSENT : CTL_OK;
    freeReplyObject(reply);
    return code;
}

static int remove_template(struct ctl_store *s, const char *name)
{
    redisReply *reply = ask_template(s, "DEL", name);
    int code = CTL_STORE;

    if (reply)
        code = reply->integer ? CTL_OK : CTL_ABSENT;
    freeReplyObject(reply);
    return code;
}

struct collecting {
    size_t before; /* bytes of a key that stand before the name */
    struct template_list *list;
};

static bool take_names(void *context, const redisReply *keys)
{
    struct collecting *c = context;

    for (size_t i = 0; i < keys->elements; i++)
        if (!template_list_add(c->list, keys->element[i]->str + c->before,
                               keys->element[i]->len - c->before))
            return false;
    return true;
}

static int list_templates(struct ctl_store *s, struct template_list *list)
{
    struct collecting c = {.before = strlen(s->connection.prefix) + strlen(REDIS_KEY_TEMPLATE),
                           .list = list};

    return redis_keys(&s->connection, REDIS_KEY_TEMPLATE, take_names, &c) ? CTL_OK : CTL_STORE;
}

struct counting {
    const char *name;
    uint64_t users;
};

static bool count_user(void *context, const struct redis_device *device)
{
    const struct redis_field *f = &device->fields[DEVICE_FIELD_TEMPLATE];
    struct counting *c = context;

    c->users += f->length == strlen(c->name) && memcmp(f->text, c->name, f->length) == 0;
    return true;
}

static int count_users(struct ctl_store *s, const char *name, uint64_t *users)
{
    struct counting c = {.name = name};
    struct redis_scan scan = {
        .connection = &s->connection, .iccid = "", .take = count_user, .context = &c};
    bool fine = redis_scan_run(&scan);

    *users = c.users;
    return fine ? CTL_OK : CTL_STORE;
}

static int read_active(struct ctl_store *s, char active[CTL_ACTIVE_MAX])
{
    struct template_text text = {0};
    struct redis_key key;
    int code;

    redis_key_of_active_template(&key, s->connection.prefix);
    code = get_text(s, &key, &text);
    ctl_store_keep_active(active, &text);
    template_text_free(&text);
    return code == CTL_ABSENT ? CTL_OK : code;
}

static int write_active(struct ctl_store *s, const char *name)
{
    char text[REDIS_KEY_MAX + 1];
    const char *words[] = {*name ? "SET" : "DEL", text, name};
    struct redis_key key;
    redisReply *reply;

    redis_key_of_active_template(&key, s->connection.prefix);
    ctl_key_text(text, &key);
    reply = ctl_connection_ask(&s->connection, *name ? 3 : 2, words);
    freeReplyObject(reply);
    return reply ? CTL_OK : CTL_STORE;
}

const struct ctl_template_ops ctl_redis_templates = {
    .read = read_template,
    .write = write_template,
    .remove = remove_template,
    .list = list_templates,
    .count_users = count_users,
    .read_active = read_active,
    .write_active = write_active,
};
