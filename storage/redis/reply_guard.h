/*
 * Stands between hiredis's reader and what builds its replies, and keeps from hiredis (0.14) what
 * it holds for impossible: on an answer that nobody asked for, or a message for subscribers that is
 * none, it would end the process, and for a list it takes the memory that the list's length asks
 * for. Such a connection breaks instead. The connection's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_REPLY_GUARD_H
#define SIMGATE_STORAGE_REDIS_REPLY_GUARD_H

#include <hiredis/async.h>
#include <stdbool.h>

struct reply_guard {
    const redisAsyncContext *context;
    const redisReplyObjectFunctions *inner;
    redisReplyObjectFunctions functions; /* the reader's */
    bool refused;                        /* something: the connection is broken by that */
};

/* Guards the functions that the context's reader has. They find the guard, which lives as long as
 * the reader, where their own data was: it is to be the first member of that, if there is any. */
void reply_guard_attach(struct reply_guard *g, redisAsyncContext *context);

#endif
