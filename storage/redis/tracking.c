#include "storage/redis/tracking.h"

#include "base/clock.h"
#include "storage/redis/command.h"
#include "storage/redis/setup.h"
#include "storage/redis/templates.h"

static void on_key(struct redis_session *s, const char *key, size_t length)
{
    const char *prefix = s->store->settings.prefix;
    const struct store_observer *observer = &s->observer;
    char iccid[DEVICE_ICCID_MAX + 1];
    uint8_t ip[16];

    if (redis_key_to_address(prefix, key, length, ip)) {
        changes_note(&s->changes, ip, sizeof(ip));
        observer->address_changed(observer->context, ip);
    } else if (redis_key_to_device(prefix, key, length, iccid)) {
        changes_note(&s->changes, iccid, strlen(iccid));
        observer->device_changed(observer->context, iccid);
    } else if (redis_key_is_of_templates(prefix, key, length)) {
        templates_note_change(&s->changes);
        observer->templates_changed(observer->context);
    } else {
        return; /* of another writer, which cannot be one that was asked for */
    }
    counter_add(&s->counters[STORE_CHANGES], 1);
}

/* The database was emptied. */
static void on_everything(struct redis_session *s)
{
    changes_note_all(&s->changes);
    counter_add(&s->counters[STORE_DOUBTS], 1);
    s->observer.doubtful(s->observer.context);
}

static void on_subscribed(struct redis_session *s)
{
    s->subscriber_asked = 0;
    if (s->phase == SESSION_SETTING_UP && !s->data)
        setup_go_on(s);
}

static void on_keys(struct redis_session *s, const redisReply *keys)
{
    if (keys->type == REDIS_REPLY_NIL)
        on_everything(s);
    else if (keys->type == REDIS_REPLY_ARRAY)
        for (size_t i = 0; i < keys->elements; i++)
            if (keys->element[i]->type == REDIS_REPLY_STRING)
                on_key(s, keys->element[i]->str, keys->element[i]->len);
}

static void on_message(redisAsyncContext *context, void *reply, void *privdata)
{
    struct redis_session *s = privdata;
    const redisReply *r = reply;

    if (!r || r->type != REDIS_REPLY_ARRAY || r->elements != 3)
        return;
    if (reply_is_text(r->element[0], "subscribe"))
        on_subscribed(s);
    else if (s->phase == SESSION_UP)
        on_keys(s, r->element[2]);
}

void tracking_subscribe(struct redis_session *s)
{
    struct redis_command command;

    redis_command_begin(&command, "*2\r\n$9\r\nSUBSCRIBE\r\n$20\r\n__redis__:invalidate\r\n");
    s->subscriber_asked = clock_now();
    redis_link_send(s->subscriber, on_message, s, &command);
}
