#include "storage/redis/reply_guard.h"

#include <string.h>

#define ELEMENTS_MAX     (1 << 22) /* keys that change at a time: far more than a transaction has */
#define MESSAGE_ELEMENTS 3

/* Whether what is being read answers no command, and so is a message for subscribers. */
static bool is_unasked(const struct reply_guard *g)
{
    return !g->context->replies.head;
}

/* Errors are always good: hiredis ends the connection for one that nobody asked for. */
static bool root_fits(const struct reply_guard *g, int type, int elements)
{
    if (!is_unasked(g) || type == REDIS_REPLY_ERROR)
        return true;
    return g->context->c.flags & REDIS_SUBSCRIBED && type == REDIS_REPLY_ARRAY &&
           elements == MESSAGE_ELEMENTS;
}

/* The kind of a message, the only ones of which are for us, and its channel. */
static bool element_fits(int index, int type, const char *text, size_t length)
{
    if (index > 1)
        return true;
    if (type != REDIS_REPLY_STRING)
        return false;
    return index == 1 || (length == 9 && memcmp(text, "subscribe", 9) == 0) ||
           (length == 7 && memcmp(text, "message", 7) == 0);
}

static bool fits(const struct reply_guard *g, const redisReadTask *task, int type, int elements,
                 const char *text, size_t length)
{
    if (elements > ELEMENTS_MAX)
        return false;
    if (!task->parent)
        return root_fits(g, type, elements);
    if (task->parent->parent || !is_unasked(g))
        return true;
    return element_fits(task->idx, type, text, length);
}

/* NULL has the reader fail. */
static void *refuse(struct reply_guard *g)
{
    g->refused = true;
    return NULL;
}

static void *create_string(const redisReadTask *task, char *text, size_t length)
{
    struct reply_guard *g = task->privdata;

    return fits(g, task, task->type, 0, text, length) ? g->inner->createString(task, text, length)
                                                      : refuse(g);
}

static void *create_array(const redisReadTask *task, int elements)
{
    struct reply_guard *g = task->privdata;

    return fits(g, task, REDIS_REPLY_ARRAY, elements, NULL, 0)
               ? g->inner->createArray(task, elements)
               : refuse(g);
}

static void *create_integer(const redisReadTask *task, long long value)
{
    struct reply_guard *g = task->privdata;

    return fits(g, task, REDIS_REPLY_INTEGER, 0, NULL, 0) ? g->inner->createInteger(task, value)
                                                          : refuse(g);
}

static void *create_nil(const redisReadTask *task)
{
    struct reply_guard *g = task->privdata;

    return fits(g, task, REDIS_REPLY_NIL, 0, NULL, 0) ? g->inner->createNil(task) : refuse(g);
}

void reply_guard_attach(struct reply_guard *g, redisAsyncContext *context)
{
    redisReader *reader = context->c.reader;

    g->context = context;
    g->inner = reader->fn;
    g->functions = (redisReplyObjectFunctions){.createString = create_string,
                                               .createArray = create_array,
                                               .createInteger = create_integer,
                                               .createNil = create_nil,
                                               .freeObject = reader->fn->freeObject};
    reader->fn = &g->functions;
    reader->privdata = g;
}
