/*
 * The store that gateways share: a Redis (docs/redis.md). Opened by store_open(); what its sessions
 * share is here, and behind a mutex that nobody takes on the way of a message.
 */
#ifndef SIMGATE_STORAGE_REDIS_REDIS_STORE_H
#define SIMGATE_STORAGE_REDIS_REDIS_STORE_H

#include "base/list.h"
#include "base/log.h"
#include "storage/redis/url.h"
#include "storage/store.h"
#include "storage/template_names.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct redis_key;
struct redis_session;

struct redis_store {
    struct store store;
    struct store_settings settings;
    struct redis_url url;
    char place[REDIS_URL_TEXT]; /* of the Redis, for people */
    const struct log *log;
    struct template_names templates; /* any thread: it has a lock of its own */

    uint64_t refused_until; /* exchanges are refused; nanoseconds, monotonic; atomic */
    int state;              /* enum store_state, of the connections alone; atomic */

    pthread_mutex_t lock; /* of all below */
    struct list sessions;
    uint32_t count;     /* of them */
    uint32_t up;        /* of these */
    uint32_t unreached; /* that were never up */
    uint64_t retired[STORE_COUNTERS];
    bool said_up; /* the log's latest word */
    struct log_limit losses, refusals, records;
};

/* As store_open(). */
int redis_store_open(struct store **store, const struct store_settings *settings,
                     const struct log *log, char **error);

/* What a session tells of itself. `wait`: nanoseconds until it tries again. */
void redis_store_add(struct redis_store *r, struct redis_session *s);
void redis_store_remove(struct redis_store *r, struct redis_session *s);
void redis_store_note_up(struct redis_store *r, struct redis_session *s);
void redis_store_note_lost(struct redis_store *r, struct redis_session *s, const char *reason,
                           uint64_t wait);

/* Redis answered an exchange's command with an error, or did as it was told. */
void redis_store_note_refused_exchange(struct redis_store *r);
void redis_store_note_exchange(struct redis_store *r);

/* Log lines that are rate-limited: an error of Redis, and a key that makes no sense. */
void redis_store_warn_refused(struct redis_store *r, const char *error);
void redis_store_warn_record(struct redis_store *r, const struct redis_key *key, const char *what);

#endif
