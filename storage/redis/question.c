#include "storage/redis/question.h"

#include "base/clock.h"

#include <string.h>

uint32_t question_capacity(uint32_t max_in_flight)
{
    return max_in_flight + max_in_flight / 8 + 1; /* one probe */
}

static struct question *take(struct redis_session *s)
{
    struct question *q = slab_take(&s->questions);

    q->session = s;
    q->node = (struct list_node){0};
    q->change = s->changes.latest;
    s->outstanding++;
    counter_set(&s->counters[STORE_IN_FLIGHT], s->outstanding);
    return q;
}

enum store_result question_refusal(const struct redis_session *s)
{
    return s->phase == SESSION_UP       ? STORE_OVERLOADED
           : s->phase == SESSION_CLOSED ? STORE_CLOSING
                                        : STORE_UNREACHABLE;
}

struct question *question_take(struct redis_session *s, enum store_result *refusal)
{
    if (s->phase == SESSION_UP && s->outstanding < s->store->settings.max_in_flight)
        return take(s);
    *refusal = question_count_failure(s, question_refusal(s));
    return NULL;
}

struct question *question_take_for_outcome(struct redis_session *s)
{
    uint32_t max = s->store->settings.max_in_flight;

    if (s->phase != SESSION_UP || s->outstanding >= max + max / 8)
        return NULL;
    return take(s);
}

static void transmit(struct question *q, redisCallbackFn *done, struct redis_command *command)
{
    struct redis_session *s = q->session;

    q->asked = clock_now();
    list_append(&s->in_flight, &q->node);
    redis_link_send(s->data, done, q, command);
}

void question_send(struct question *q, redisCallbackFn *done, struct redis_command *command)
{
    counter_add(&q->session->counters[STORE_COMMANDS], 1);
    transmit(q, done, command);
}

/* Errors of a Redis that is not, or no more, the one that can be asked. */
static bool is_about_the_connection(const char *error)
{
    static const char *const words[] = {"LOADING ",   "MASTERDOWN ",  "READONLY ", "NOAUTH ",
                                        "WRONGPASS ", "CLUSTERDOWN ", "MOVED ",    "ASK "};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strncmp(error, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static enum store_result judge(struct redis_session *s, const redisReply *reply)
{
    if (!reply) {
        redis_session_lose(s, STORE_UNREACHABLE, s->data ? redis_link_error(s->data) : "");
        return s->loss;
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return STORE_OK;
    if (is_about_the_connection(reply->str)) {
        redis_session_lose(s, STORE_UNREACHABLE, reply->str);
        return s->loss;
    }
    redis_store_warn_refused(s->store, reply->str);
    return STORE_REFUSED;
}

enum store_result question_answered(struct question *q, const redisReply *reply)
{
    list_remove(&q->node);
    return judge(q->session, reply);
}

void question_give(struct question *q)
{
    struct redis_session *s = q->session;

    s->outstanding--;
    counter_set(&s->counters[STORE_IN_FLIGHT], s->outstanding);
    slab_give(&s->questions, q);
}

enum store_result question_count_failure(struct redis_session *s, enum store_result result)
{
    static const enum store_counter counters[] = {
        [STORE_UNREACHABLE] = STORE_ERRORS_UNREACHABLE,
        [STORE_REFUSED] = STORE_ERRORS_REFUSED,
        [STORE_TIMED_OUT] = STORE_ERRORS_TIMED_OUT,
        [STORE_OVERLOADED] = STORE_ERRORS_OVERLOADED,
        [STORE_CLOSING] = STORE_ERRORS_UNREACHABLE,
    };

    if (result > STORE_ABSENT)
        counter_add(&s->counters[counters[result]], 1);
    return result;
}

static void on_probe(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;
    struct redis_session *s = q->session;

    question_answered(q, reply);
    slab_give(&s->questions, q);
}

void question_probe(struct redis_session *s)
{
    struct question *q;
    struct redis_command command;

    if (!list_is_empty(&s->in_flight))
        return; /* which is probe enough */
    q = slab_take(&s->questions);
    q->session = s;
    q->node = (struct list_node){0};
    redis_command_begin(&command, "*1\r\n$4\r\nPING\r\n");
    transmit(q, on_probe, &command);
}

uint64_t question_oldest(const struct redis_session *s)
{
    const struct list_node *oldest = list_first(&s->in_flight);

    return oldest ? container_of(oldest, struct question, node)->asked : CLOCK_NEVER;
}
