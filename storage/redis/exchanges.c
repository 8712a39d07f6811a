#include "storage/redis/exchanges.h"

#include "base/clock.h"
#include "storage/redis/question.h"

#define VALUE_MAX ((UINT64_C(1) << 40) - 1) /* a hash of 32 bits and a code of 8 */

/* A Redis that takes no exchanges is as good as none, though it answers. */
static enum store_result note(struct redis_session *s, enum store_result result)
{
    if (result == STORE_REFUSED)
        redis_store_note_refused_exchange(s->store);
    else if (result == STORE_OK)
        redis_store_note_exchange(s->store);
    return result;
}

static void add_key(struct redis_command *command, const struct redis_session *s,
                    const struct store_exchange_key *exchange)
{
    struct redis_key key;

    redis_key_of_exchange(&key, s->store->settings.prefix, exchange);
    redis_command_key(command, &key);
}

/* In milliseconds; Redis knows no life of 0. */
static void add_life(struct redis_command *command, uint64_t life)
{
    redis_command_number(command, (life + CLOCK_MILLISECOND - 1) / CLOCK_MILLISECOND);
}

/* 0: it is not answered yet. */
static bool is_code(uint8_t code)
{
    return code == 0 || code >> 5 == 2 || code >> 5 == 4 || code >> 5 == 5;
}

/* What was there already. False when that is no exchange. */
static bool read_exchange(struct store_exchange *exchange, const redisReply *reply)
{
    uint64_t value;

    *exchange = (struct store_exchange){.state = STORE_EXCHANGE_RESERVED};
    if (reply->type == REDIS_REPLY_NIL)
        return true;
    if (!reply_number(reply, VALUE_MAX, &value) || !is_code((uint8_t)value))
        return false;
    exchange->code = (uint8_t)value;
    exchange->request_hash = (uint32_t)(value >> 8);
    exchange->state = exchange->code ? STORE_EXCHANGE_SETTLED : STORE_EXCHANGE_IN_PROGRESS;
    return true;
}

static void on_reserved(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *question = privdata;
    struct redis_session *s = question->session;
    enum store_result result = question_answered(question, reply);
    const struct question q = *question;
    struct store_exchange exchange;

    question_give(question);
    if (result == STORE_OK && !read_exchange(&exchange, reply)) {
        redis_store_warn_refused(s->store, "an exchange's value is no number of ours");
        result = STORE_REFUSED;
    }
    question_count_failure(s, note(s, result));
    q.done.exchange(q.context, result, result == STORE_OK ? &exchange : NULL);
}

void redis_exchange_reserve(struct store_session *session, const struct store_exchange_key *key,
                            uint32_t request_hash, uint64_t life, store_exchange_fn *done,
                            void *context)
{
    struct redis_session *s = (struct redis_session *)session;
    enum store_result refusal;
    struct question *q = question_take(s, &refusal);
    struct redis_command command;

    if (!q) {
        done(context, refusal, NULL);
        return;
    }
    q->done.exchange = done;
    q->context = context;
    redis_command_begin(&command, "*7\r\n$3\r\nSET\r\n");
    add_key(&command, s, key);
    redis_command_number(&command, (uint64_t)request_hash << 8);
    redis_command_literal(&command, "$2\r\nNX\r\n$3\r\nGET\r\n$2\r\nPX\r\n");
    add_life(&command, life);
    question_send(q, on_reserved, &command);
}

static void on_settled(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;
    struct redis_session *s = q->session;
    enum store_result result = note(s, question_answered(q, reply));

    if (result != STORE_OK || !reply_is_text(reply, "OK"))
        counter_add(&s->counters[STORE_OUTCOMES_LOST], 1);
    question_give(q);
}

void redis_exchange_settle(struct store_session *session, const struct store_exchange_key *key,
                           uint8_t code, uint32_t request_hash, uint64_t life)
{
    struct redis_session *s = (struct redis_session *)session;
    struct question *q = question_take_for_outcome(s);
    struct redis_command command;

    if (!q) {
        counter_add(&s->counters[STORE_OUTCOMES_LOST], 1);
        return;
    }
    redis_command_begin(&command, "*5\r\n$3\r\nSET\r\n");
    add_key(&command, s, key);
    redis_command_number(&command, (uint64_t)request_hash << 8 | code);
    redis_command_literal(&command, "$2\r\nPX\r\n");
    add_life(&command, life);
    question_send(q, on_settled, &command);
}

static void on_released(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;

    question_answered(q, reply);
    question_give(q);
}

void redis_exchange_release(struct store_session *session, const struct store_exchange_key *key)
{
    struct redis_session *s = (struct redis_session *)session;
    struct question *q = question_take_for_outcome(s);
    struct redis_command command;

    if (!q)
        return; /* it ends by itself, a little later */
    redis_command_begin(&command, "*2\r\n$3\r\nDEL\r\n");
    add_key(&command, s, key);
    question_send(q, on_released, &command);
}
