#include "storage/redis/templates.h"

#include "storage/redis/question.h"

/* All templates together are one name among the changes: the owner asks for all of them again
 * whichever it is. */
static const char all_templates[] = REDIS_KEY_TEMPLATE;

void templates_note_change(struct changes *c)
{
    changes_note(c, all_templates, strlen(all_templates));
}

/* A change that came while this was in flight is told again behind the answer, as in lookup.c; an
 * answer that there is no good text may be as old as any other. */
static void answer(struct question *question, enum store_result result,
                   const struct store_template *template)
{
    struct redis_session *s = question->session;
    const struct store_observer *observer = &s->observer;
    const struct question q = *question;
    bool is_answered = result == STORE_OK || result == STORE_ABSENT || result == STORE_REFUSED;

    question_give(question);
    q.done.template(q.context, question_count_failure(s, result), template);
    if (is_answered && changes_since(&s->changes, q.change, all_templates, strlen(all_templates)))
        observer->templates_changed(observer->context);
}

static void name_key(struct redis_key *key, const struct question *q)
{
    struct redis_store *r = q->session->store;

    if (q->template == STORE_TEMPLATE_ACTIVE)
        redis_key_of_active_template(key, r->settings.prefix);
    else
        redis_key_of_template(key, r->settings.prefix,
                              template_names_name(&r->templates, q->template));
}

static void warn_of(const struct question *q, const char *what)
{
    struct redis_key key;

    name_key(&key, q);
    redis_store_warn_record(q->session->store, &key, what);
}

static void ask(struct question *q, redisCallbackFn *done)
{
    struct redis_command command;
    struct redis_key key;

    name_key(&key, q);
    redis_command_begin(&command, "*2\r\n$3\r\nGET\r\n");
    redis_command_key(&command, &key);
    question_send(q, done, &command);
}

/* Of one that a device names, error events tell. */
static void warn_of_missing(struct question *q)
{
    if (!q->by_active)
        return;
    q->template = STORE_TEMPLATE_ACTIVE;
    warn_of(q, "name, which no template has,");
}

static void on_text(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;
    const redisReply *r = reply;
    enum store_result result = question_answered(q, r);
    struct store_template template = {0};
    struct redis_field field;

    if (result == STORE_OK && r->type == REDIS_REPLY_NIL) {
        result = STORE_ABSENT;
        warn_of_missing(q);
    }
    if (result != STORE_OK) {
        answer(q, result, NULL);
        return;
    }
    field = reply_long_field(r);
    if (!field.text) {
        warn_of(q, "text, which is longer than 65536 bytes,");
        answer(q, STORE_REFUSED, NULL);
        return;
    }
    template.name = template_names_name(&q->session->store->templates, q->template);
    template.text = field.text;
    template.length = field.length;
    answer(q, STORE_OK, &template);
}

_Static_assert(STORE_TEMPLATE_TEXT_MAX == 65536, "the same in the warning");

/* The number of the template that the reply names. False where there is none, or it makes no sense,
 * which is warned of. */
static bool read_active(uint16_t *number, const struct question *q, const redisReply *reply)
{
    struct redis_field field = reply_field(reply);

    if (reply->type == REDIS_REPLY_NIL || (field.text && field.length == 0))
        return false;
    if (field.text &&
        template_names_number(&q->session->store->templates, field.text, field.length, number) &&
        *number != STORE_TEMPLATE_NONE) /* which only a device names */
        return true;
    warn_of(q, "name");
    return false;
}

static void on_active(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;
    enum store_result result = question_answered(q, reply);
    uint16_t number;

    if (result != STORE_OK) {
        answer(q, result, NULL);
    } else if (!read_active(&number, q, reply)) {
        answer(q, STORE_ABSENT, NULL);
    } else {
        q->template = number;
        q->by_active = true;
        ask(q, on_text);
    }
}

void redis_template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                         void *context)
{
    struct redis_session *s = (struct redis_session *)session;
    enum store_result refusal;
    struct question *q = question_take(s, &refusal);

    if (!q) {
        done(context, refusal, NULL);
        return;
    }
    q->done.template = done;
    q->context = context;
    q->template = number;
    q->by_active = false;
    ask(q, number == STORE_TEMPLATE_ACTIVE ? on_active : on_text);
}
