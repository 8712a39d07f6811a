/*
 * Replies of Redis, built by hiredis's reader in a place of their own instead of by malloc: one at
 * a time, since each is dealt with before the next is read. Long texts are cut, and a text that is
 * all of a reply is so later than others, since a template is one. The connection's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_REPLY_H
#define SIMGATE_STORAGE_REDIS_REPLY_H

#include "storage/redis/device_fields.h"
#include "storage/redis/reply_guard.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#define REPLY_TEXT_MAX     256 /* bytes; of a longer text the rest is left out */
#define REPLY_LONG_MAX     STORE_TEMPLATE_TEXT_MAX /* the same of a text that is all of a reply */
#define REPLY_ELEMENTS_MAX 5 /* of an array; further ones are left out, and arrays in it */

_Static_assert(REPLY_ELEMENTS_MAX >= DEVICE_FIELDS_ASKED, "a device's record is whole");

struct reply_node {
    redisReply reply;
    char text[REPLY_TEXT_MAX + 1];
};

struct reply_place {
    struct reply_guard guard; /* first: the reader has one pointer for both */
    struct reply_node root;
    struct reply_node elements[REPLY_ELEMENTS_MAX];
    struct reply_node surplus;
    redisReply *pointers[REPLY_ELEMENTS_MAX];
    char text[REPLY_LONG_MAX + 1]; /* of a root that is a string */
};

/* Has the reader build its replies in `place`, which lives as long as the reader. */
void reply_place_attach(struct reply_place *place, redisReader *reader);

/* A text, whole. False for anything else. */
bool reply_is_text(const redisReply *reply, const char *text);

/* The text of a string; NULL in it for anything else, and where it is cut. */
struct redis_field reply_field(const redisReply *reply);

/* The same for a reply that is not in an array, whose text may be long. */
struct redis_field reply_long_field(const redisReply *reply);

/* The decimal number up to `limit` that a string or an integer is. False for anything else. */
bool reply_number(const redisReply *reply, uint64_t limit, uint64_t *number);

#endif
