/*
 * Goes through the keys of one kind in Redis, one page of a SCAN after the other, so that it blocks
 * nobody and takes no memory. A key may come twice while others are added or removed. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_REDIS_KEYS_H
#define SIMGATE_STORAGE_CTL_REDIS_KEYS_H

#include "storage/ctl/connection.h"

#include <stdbool.h>

/* Takes a page, an array of texts that begin with the prefix and the kind. False ends it. */
typedef bool redis_keys_fn(void *context, const struct redisReply *keys);

/* `kind` is what each of the keys has behind the prefix; more may follow it. False after a
 * complaint, or where `take` gave that. */
bool redis_keys(struct ctl_connection *c, const char *kind, redis_keys_fn *take, void *context);

#endif
