#include "storage/redis/psks.h"

#include "storage/redis/question.h"

#include <string.h>

/* The fields of an answer, in this order. */
enum { PSK_KEY, PSK_FORMAT, PSK_PROVED, PSK_PROVED_FORMAT, PSK_ORIGIN, PSK_FIELDS };

#define FIELD_NAMES "'key', 'format', 'proved', 'proved_format', 'origin'"

/* ARGV: a candidate. As psk_record_bootstrap(). */
static const char bootstrap_script[] =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "local k = redis.call('HMGET', KEYS[1], 'key', 'origin', 'called')\n"
    "local due = now - (tonumber(k[3]) or 0) >= 300000\n"
    "if not k[1] or (k[2] ~= 'user' and due) then\n"
    " redis.call('HSET', KEYS[1], 'key', ARGV[1], 'format', 'text', 'origin', 'generated')\n"
    "end\n"
    "redis.call('HSET', KEYS[1], 'called', string.format('%.0f', now))\n"
    "return redis.call('HMGET', KEYS[1], " FIELD_NAMES ")\n";

_Static_assert(PSK_ROTATION_AGE == 300000, "the same in the script");

/* ARGV: a key and its format, which users need not write where it is text. As psk_record_prove().
 */
static const char prove_script[] =
    "local k = redis.call('HMGET', KEYS[1], " FIELD_NAMES ")\n"
    "local format = k[2] == 'hex' and 'hex' or 'text'\n"
    "if k[1] == ARGV[1] and format == ARGV[2] and k[5] ~= 'user' and\n"
    "   (k[3] ~= k[1] or k[4] ~= format) then\n"
    " redis.call('HSET', KEYS[1], 'proved', ARGV[1], 'proved_format', ARGV[2])\n"
    "end\n"
    "return redis.status_reply('OK')\n";

static const char *format_of(const struct psk *key)
{
    return key->is_hex ? "hex" : "text";
}

/* False where there is no legal key. */
static bool read_key(struct psk *key, const redisReply *text, const redisReply *format)
{
    struct redis_field field = reply_field(text);

    *key = (struct psk){.is_hex = reply_is_text(format, "hex")};
    if (!field.text || field.length > PSK_TEXT_MAX)
        return false;
    memcpy(key->text, field.text, field.length);
    return strlen(key->text) == field.length && psk_is_legal(key);
}

/* Others write keys too. One that makes no sense is none; an older one that makes none is left out.
 */
static enum store_result read_keys(struct psk_record *record, const redisReply *reply)
{
    *record = (struct psk_record){0};
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != PSK_FIELDS)
        return STORE_REFUSED;
    if (reply->element[PSK_KEY]->type == REDIS_REPLY_NIL)
        return STORE_ABSENT;
    if (!read_key(&record->newest, reply->element[PSK_KEY], reply->element[PSK_FORMAT]))
        return STORE_REFUSED;
    record->is_users = reply_is_text(reply->element[PSK_ORIGIN], "user");
    if (record->is_users || /* which ends what was proved before */
        !read_key(&record->proved, reply->element[PSK_PROVED], reply->element[PSK_PROVED_FORMAT]))
        record->proved = (struct psk){0};
    return STORE_OK;
}

static void on_keys(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *question = privdata;
    struct redis_session *s = question->session;
    enum store_result result = question_answered(question, reply);
    const struct question q = *question;
    struct psk_record record;
    struct redis_key key;

    question_give(question);
    if (result == STORE_OK) {
        result = read_keys(&record, reply);
        if (result == STORE_REFUSED) {
            redis_key_of_psk(&key, s->store->settings.prefix, q.iccid);
            redis_store_warn_record(s->store, &key, "key");
        }
    }
    question_count_failure(s, result);
    q.done.psk(q.context, result, result == STORE_OK ? &record : NULL);
    explicit_bzero(&record, sizeof(record));
}

/* Behind EVAL. */
static void add_script(struct redis_command *command, const struct redis_session *s,
                       const char *script, const char *iccid)
{
    struct redis_key key;

    redis_key_of_psk(&key, s->store->settings.prefix, iccid);
    redis_command_text(command, script);
    redis_command_text(command, "1");
    redis_command_key(command, &key);
}

/* A record for a question about a device. NULL: it is answered. */
static struct question *begin_question(struct redis_session *s, const char *iccid,
                                       store_psk_fn *done, void *context)
{
    enum store_result refusal;
    struct question *q = question_take(s, &refusal);

    if (!q) {
        done(context, refusal, NULL);
        return NULL;
    }
    q->done.psk = done;
    q->context = context;
    memcpy(q->iccid, iccid, strlen(iccid) + 1);
    return q;
}

void redis_psk_bootstrap(struct store_session *session, const char *iccid, store_psk_fn *done,
                         void *context)
{
    struct redis_session *s = (struct redis_session *)session;
    struct redis_command command;
    struct psk candidate;
    struct question *q;

    if (psk_generate(&candidate) < 0) {
        done(context, question_count_failure(s, STORE_REFUSED), NULL);
        return;
    }
    q = begin_question(s, iccid, done, context);
    if (!q)
        return;
    redis_command_begin(&command, "*5\r\n$4\r\nEVAL\r\n");
    add_script(&command, s, bootstrap_script, iccid);
    redis_command_text(&command, candidate.text);
    question_send(q, on_keys, &command);
    explicit_bzero(&candidate, sizeof(candidate));
}

void redis_psk_find(struct store_session *session, const char *iccid, store_psk_fn *done,
                    void *context)
{
    struct redis_session *s = (struct redis_session *)session;
    struct question *q = begin_question(s, iccid, done, context);
    struct redis_command command;
    struct redis_key key;

    if (!q)
        return;
    redis_key_of_psk(&key, s->store->settings.prefix, iccid);
    redis_command_begin(&command, "*7\r\n$5\r\nHMGET\r\n");
    redis_command_key(&command, &key);
    redis_command_literal(&command, "$3\r\nkey\r\n$6\r\nformat\r\n");
    redis_command_literal(&command, "$6\r\nproved\r\n$13\r\nproved_format\r\n");
    redis_command_literal(&command, "$6\r\norigin\r\n");
    question_send(q, on_keys, &command);
}

static void on_proved(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;

    question_answered(q, reply);
    question_give(q);
}

/* Where that is lost, the next handshake proves it again. */
void redis_psk_prove(struct store_session *session, const char *iccid, const struct psk *key)
{
    struct redis_session *s = (struct redis_session *)session;
    struct question *q = question_take_for_outcome(s);
    struct redis_command command;

    if (!q)
        return;
    redis_command_begin(&command, "*6\r\n$4\r\nEVAL\r\n");
    add_script(&command, s, prove_script, iccid);
    redis_command_text(&command, key->text);
    redis_command_text(&command, format_of(key));
    question_send(q, on_proved, &command);
}
