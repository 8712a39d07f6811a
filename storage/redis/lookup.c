#include "storage/redis/lookup.h"

#include "storage/redis/question.h"

#include <stdio.h>
#include <string.h>

/* A change that came while this was in flight may be younger than the answer, which the owner has
 * just learned. So it is told again. */
static void tell_changes_again(struct redis_session *s, const struct question *q)
{
    const struct store_observer *observer = &s->observer;

    if (!q->by_iccid && changes_since(&s->changes, q->change, q->ip, sizeof(q->ip)))
        observer->address_changed(observer->context, q->ip);
    if (*q->iccid && changes_since(&s->changes, q->change, q->iccid, strlen(q->iccid)))
        observer->device_changed(observer->context, q->iccid);
}

static void answer(struct question *question, enum store_result result, const struct device *device)
{
    struct redis_session *s = question->session;
    const struct question q = *question;

    question_give(question);
    q.done.device(q.context, question_count_failure(s, result), device);
    if (result == STORE_OK || result == STORE_ABSENT)
        tell_changes_again(s, &q);
}

static void warn_record(const struct question *q, const char *what)
{
    struct redis_store *r = q->session->store;
    struct redis_key key;

    if (*q->iccid)
        redis_key_of_device(&key, r->settings.prefix, q->iccid);
    else
        redis_key_of_address(&key, r->settings.prefix, q->ip);
    redis_store_warn_record(r, &key, what);
}

static bool is_nothing(const redisReply *reply)
{
    for (size_t i = 0; i < DEVICE_FIELDS_ASKED; i++)
        if (reply->element[i]->type != REDIS_REPLY_NIL)
            return false;
    return true;
}

/* An address whose device has no record has a device that is not active: said like that, and not
 * that there is none, it is known by its ICCID, and forgotten when the record comes. */
static void answer_with(struct question *q, const redisReply *reply)
{
    struct redis_field fields[DEVICE_FIELDS_ASKED];
    struct device device;
    const char *wrong;

    if (q->by_iccid && is_nothing(reply)) {
        answer(q, STORE_ABSENT, NULL);
        return;
    }
    for (size_t i = 0; i < DEVICE_FIELDS_ASKED; i++)
        fields[i] = reply_field(reply->element[i]);
    wrong = device_fields_read(&device, q->iccid, fields, &q->session->store->templates);
    if (wrong && !is_nothing(reply))
        warn_record(q, wrong);
    answer(q, STORE_OK, &device);
}

static void on_record(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;
    const redisReply *r = reply;
    enum store_result result = question_answered(q, r);

    if (result != STORE_OK)
        answer(q, result, NULL);
    else if (r->type != REDIS_REPLY_ARRAY || r->elements != DEVICE_FIELDS_ASKED)
        answer(q, STORE_REFUSED, NULL);
    else
        answer_with(q, r);
}

_Static_assert(DEVICE_FIELDS_ASKED == 5, "HMGET has two more words than fields");

static void ask_for_record(struct question *q)
{
    struct redis_command command;
    struct redis_key key;

    redis_key_of_device(&key, q->session->store->settings.prefix, q->iccid);
    redis_command_begin(&command, "*7\r\n$5\r\nHMGET\r\n");
    redis_command_key(&command, &key);
    for (int i = 0; i < DEVICE_FIELDS_ASKED; i++)
        redis_command_text(&command, device_field_name(i));
    question_send(q, on_record, &command);
}

static void on_iccid(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;
    const redisReply *r = reply;
    enum store_result result = question_answered(q, r);
    struct redis_field field;

    if (result != STORE_OK) {
        answer(q, result, NULL);
        return;
    }
    if (r->type == REDIS_REPLY_NIL) {
        answer(q, STORE_ABSENT, NULL);
        return;
    }
    field = reply_field(r);
    if (device_fields_read_iccid(q->iccid, &field)) {
        ask_for_record(q);
        return;
    }
    q->iccid[0] = 0;
    warn_record(q, "ICCID");
    answer(q, STORE_ABSENT, NULL);
}

/* NULL: it is answered. */
static struct question *begin_question(struct redis_session *s, store_device_fn *done,
                                       void *context)
{
    enum store_result refusal;
    struct question *q = question_take(s, &refusal);

    if (!q) {
        done(context, refusal, NULL);
        return NULL;
    }
    q->done.device = done;
    q->context = context;
    q->by_iccid = false;
    q->iccid[0] = 0;
    return q;
}

void redis_device_by_iccid(struct store_session *session, const char *iccid, store_device_fn *done,
                           void *context)
{
    struct question *q = begin_question((struct redis_session *)session, done, context);

    if (!q)
        return;
    q->by_iccid = true;
    snprintf(q->iccid, sizeof(q->iccid), "%s", iccid);
    ask_for_record(q);
}

void redis_device_by_address(struct store_session *session, const uint8_t ip[16],
                             store_device_fn *done, void *context)
{
    struct redis_session *s = (struct redis_session *)session;
    struct question *q = begin_question(s, done, context);
    struct redis_command command;
    struct redis_key key;

    if (!q)
        return;
    memcpy(q->ip, ip, sizeof(q->ip));
    redis_key_of_address(&key, s->store->settings.prefix, ip);
    redis_command_begin(&command, "*2\r\n$3\r\nGET\r\n");
    redis_command_key(&command, &key);
    question_send(q, on_iccid, &command);
}
