#include "storage/redis/reply.h"

#include <string.h>

static struct reply_node *node_for(const redisReadTask *task)
{
    struct reply_place *place = task->privdata;

    if (!task->parent)
        return &place->root;
    if (task->parent->parent || task->idx >= REPLY_ELEMENTS_MAX)
        return &place->surplus;
    return &place->elements[task->idx];
}

static redisReply *begin(const redisReadTask *task, int type)
{
    struct reply_node *node = node_for(task);

    node->reply = (redisReply){.type = type, .str = node->text};
    node->text[0] = 0;
    return &node->reply;
}

static void *create_string(const redisReadTask *task, char *text, size_t length)
{
    struct reply_place *place = task->privdata;
    redisReply *reply = begin(task, task->type);
    size_t room = REPLY_TEXT_MAX, kept;

    if (!task->parent && task->type == REDIS_REPLY_STRING) {
        reply->str = place->text;
        room = REPLY_LONG_MAX;
    }
    kept = length < room ? length : room;
    memcpy(reply->str, text, kept);
    reply->str[kept] = 0;
    reply->len = length;
    return reply;
}

static void *create_array(const redisReadTask *task, int elements)
{
    struct reply_place *place = task->privdata;
    redisReply *reply = begin(task, REDIS_REPLY_ARRAY);

    reply->elements = (size_t)elements;
    reply->element = place->pointers;
    return reply;
}

static void *create_integer(const redisReadTask *task, long long value)
{
    redisReply *reply = begin(task, REDIS_REPLY_INTEGER);

    reply->integer = value;
    return reply;
}

static void *create_nil(const redisReadTask *task)
{
    return begin(task, REDIS_REPLY_NIL);
}

static void free_object(void *reply)
{
}

static const redisReplyObjectFunctions functions = {.createString = create_string,
                                                    .createArray = create_array,
                                                    .createInteger = create_integer,
                                                    .createNil = create_nil,
                                                    .freeObject = free_object};

void reply_place_attach(struct reply_place *place, redisReader *reader)
{
    for (int i = 0; i < REPLY_ELEMENTS_MAX; i++)
        place->pointers[i] = &place->elements[i].reply;
    reader->fn = (redisReplyObjectFunctions *)&functions; /* which the reader never writes to */
    reader->privdata = place;
}

bool reply_is_text(const redisReply *reply, const char *text)
{
    return (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) &&
           reply->len == strlen(text) && memcmp(reply->str, text, reply->len) == 0;
}

static struct redis_field field_up_to(const redisReply *reply, size_t limit)
{
    if (reply->type != REDIS_REPLY_STRING || reply->len > limit)
        return (struct redis_field){0};
    return (struct redis_field){.text = reply->str, .length = reply->len};
}

struct redis_field reply_field(const redisReply *reply)
{
    return field_up_to(reply, REPLY_TEXT_MAX);
}

struct redis_field reply_long_field(const redisReply *reply)
{
    return field_up_to(reply, REPLY_LONG_MAX);
}

bool reply_number(const redisReply *reply, uint64_t limit, uint64_t *number)
{
    struct redis_field field = reply_field(reply);

    if (reply->type == REDIS_REPLY_INTEGER) {
        *number = (uint64_t)reply->integer;
        return reply->integer >= 0 && *number <= limit;
    }
    if (!field.text || field.length < 1 || field.length > 18)
        return false;
    *number = 0;
    for (size_t i = 0; i < field.length; i++) {
        if (field.text[i] < '0' || field.text[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(field.text[i] - '0');
    }
    return *number <= limit;
}
