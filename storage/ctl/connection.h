/*
 * simgatectl's connection to Redis: asks, waits for the answer, and complains to standard error
 * where there is none. After a complaint the connection is of no more use. One thread, which may
 * block for as long as the time limits allow.
 */
#ifndef SIMGATE_STORAGE_CTL_CONNECTION_H
#define SIMGATE_STORAGE_CTL_CONNECTION_H

#include "storage/ctl/arguments.h"
#include "storage/redis/keys.h"
#include "storage/redis/url.h"

#include <stddef.h>

struct redisContext;
struct redisReply;

struct ctl_connection {
    struct redisContext *context;
    const char *prefix;        /* of every key */
    char name[REDIS_URL_TEXT]; /* of the store, for people */
};

/* Connects, logs in and chooses the database. Returns an enum ctl_exit, after a complaint where
 * that is not CTL_OK. */
int ctl_connection_open(struct ctl_connection *c, const struct ctl_arguments *a);

/* Accepts what a failed ctl_connection_open() left behind. */
void ctl_connection_close(struct ctl_connection *c);

/* Any number of these may be sent before their answers are read. `lengths` may be NULL: words end
 * with a NUL. False after a complaint. */
bool ctl_connection_send(struct ctl_connection *c, size_t count, const char **words,
                         const size_t *lengths);

/* The next answer, which may be an error, for freeReplyObject(). NULL after a complaint. */
struct redisReply *ctl_connection_receive(struct ctl_connection *c);

/* Sends and receives. An error is complained of, too. */
struct redisReply *ctl_connection_ask(struct ctl_connection *c, size_t count, const char **words);

/* Complains of an answer that is an error. `key` is what was asked about, or NULL. */
void ctl_connection_complain(const struct ctl_connection *c, const struct redisReply *error,
                             const char *key);

/* Complains of an answer that no Redis would give. */
void ctl_connection_complain_unexpected(const struct ctl_connection *c);

/* As much of a text as there is room for, with ? for what cannot be shown in one word; "-" where
 * there is none, and for NULL. Returns `to`. */
const char *ctl_reply_text(char *to, size_t room, const struct redisReply *reply);

/* A key as a text, for those that have no NUL in them. Returns `to`. */
const char *ctl_key_text(char to[REDIS_KEY_MAX + 1], const struct redis_key *key);

/* How much of an error is worth showing: Redis tells on which line of a script it was, which is
 * nobody's business. */
int ctl_error_length(const char *error);

/* Whether it is an error because a key has another type than it should. */
bool ctl_reply_is_wrong_type(const struct redisReply *reply);

#endif
