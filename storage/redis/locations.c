#include "storage/redis/locations.h"

#include "storage/redis/question.h"

#include <string.h>

/* The fields of an answer, in this order. */
enum { LONGITUDE, LATITUDE, SOURCE, SAMPLE_TIME, LOCATION_FIELDS };

_Static_assert(LOCATION_FIELDS <= REPLY_ELEMENTS_MAX, "a location is whole");

static void add_key(struct redis_command *command, const struct redis_session *s, const char *iccid)
{
    struct redis_key key;

    redis_key_of_location(&key, s->store->settings.prefix, iccid);
    redis_command_key(command, &key);
}

/* "" where it is missing, or not legal. False: the latter. */
static bool read_text(char *to, size_t size, const redisReply *reply,
                      bool (*is_legal)(const char *text))
{
    struct redis_field field = reply_field(reply);

    *to = 0;
    if (!field.text || field.length >= size)
        return reply->type == REDIS_REPLY_NIL;
    memcpy(to, field.text, field.length);
    to[field.length] = 0;
    if (field.length == 0 || (strlen(to) == field.length && is_legal(to)))
        return true;
    *to = 0;
    return false;
}

/* Others write locations too. `*wrong` is the name of a field that makes no sense, or NULL: without
 * both coordinates there is no location, and a source or a time like that is left out. */
static enum store_result read_location(struct location *l, const redisReply *reply,
                                       const char **wrong)
{
    redisReply **fields = reply->element;
    bool has_longitude, has_latitude;

    *wrong = NULL;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != LOCATION_FIELDS)
        return STORE_REFUSED;
    if (!read_text(l->sample_time, sizeof(l->sample_time), fields[SAMPLE_TIME],
                   location_time_is_legal))
        *wrong = "sample_time";
    if (!read_text(l->source, sizeof(l->source), fields[SOURCE], location_source_is_legal))
        *wrong = "source";
    has_longitude = read_text(l->longitude, sizeof(l->longitude), fields[LONGITUDE],
                              location_longitude_is_legal);
    has_latitude =
        read_text(l->latitude, sizeof(l->latitude), fields[LATITUDE], location_latitude_is_legal);
    if (!has_latitude || (*l->longitude && !*l->latitude))
        *wrong = "latitude";
    if (!has_longitude || (*l->latitude && !*l->longitude))
        *wrong = "longitude";
    return *l->longitude && *l->latitude ? STORE_OK : STORE_ABSENT;
}

static void on_location(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *question = privdata;
    struct redis_session *s = question->session;
    enum store_result result = question_answered(question, reply);
    const struct question q = *question;
    const char *wrong = NULL;
    struct location location;
    struct redis_key key;

    question_give(question);
    if (result == STORE_OK)
        result = read_location(&location, reply, &wrong);
    if (wrong) {
        redis_key_of_location(&key, s->store->settings.prefix, q.iccid);
        redis_store_warn_record(s->store, &key, wrong);
    }
    question_count_failure(s, result);
    q.done.location(q.context, result, result == STORE_OK ? &location : NULL);
}

void redis_location_find(struct store_session *session, const char *iccid, store_location_fn *done,
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
    q->done.location = done;
    q->context = context;
    memcpy(q->iccid, iccid, strlen(iccid) + 1);
    redis_command_begin(&command, "*6\r\n$5\r\nHMGET\r\n");
    add_key(&command, s, iccid);
    redis_command_literal(&command, "$9\r\nlongitude\r\n$8\r\nlatitude\r\n");
    redis_command_literal(&command, "$6\r\nsource\r\n$11\r\nsample_time\r\n");
    question_send(q, on_location, &command);
}

static void on_set(redisAsyncContext *context, void *reply, void *privdata)
{
    struct question *q = privdata;
    struct redis_session *s = q->session;

    question_count_failure(s, question_answered(q, reply));
    question_give(q);
}

void redis_location_set(struct store_session *session, const char *iccid,
                        const struct location *location)
{
    struct redis_session *s = (struct redis_session *)session;
    struct question *q = question_take_for_outcome(s);
    struct redis_command command;

    if (!q) {
        question_count_failure(s, question_refusal(s));
        return;
    }
    redis_command_begin(&command, "*10\r\n$4\r\nHSET\r\n");
    add_key(&command, s, iccid);
    redis_command_literal(&command, "$9\r\nlongitude\r\n");
    redis_command_text(&command, location->longitude);
    redis_command_literal(&command, "$8\r\nlatitude\r\n");
    redis_command_text(&command, location->latitude);
    redis_command_literal(&command, "$6\r\nsource\r\n");
    redis_command_text(&command, location->source);
    redis_command_literal(&command, "$11\r\nsample_time\r\n");
    redis_command_text(&command, location->sample_time);
    question_send(q, on_set, &command);
}
