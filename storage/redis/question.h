/*
 * What a session asked and has no answer to yet. Each command has a record, which also tells since
 * when it waits. The session's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_QUESTION_H
#define SIMGATE_STORAGE_REDIS_QUESTION_H

#include "storage/redis/command.h"
#include "storage/redis/session.h"

/* Lives in the session's slab. */
struct question {
    struct list_node node; /* of those in flight */
    struct redis_session *session;
    uint64_t asked; /* nanoseconds, monotonic */
    union {
        store_device_fn *device;
        store_exchange_fn *exchange;
        store_psk_fn *psk;
        store_location_fn *location;
        store_template_fn *template;
    } done;
    void *context;
    uint64_t change;   /* the latest when it was asked: see struct changes */
    bool by_iccid;     /* a device that was not asked for by its address */
    uint16_t template; /* its number */
    bool by_active;    /* a template that the name of the active one led to */
    uint8_t ip[16];
    char iccid[DEVICE_ICCID_MAX + 1];
};

/* How many records of `max_in_flight` questions, outcomes and probes there can be. */
uint32_t question_capacity(uint32_t max_in_flight);

/* A record, or NULL, and `*refusal` is why there is none; that is counted. */
struct question *question_take(struct redis_session *s, enum store_result *refusal);

/* One for an outcome, which may use what questions leave free and a reserve. NULL: there is none.
 */
struct question *question_take_for_outcome(struct redis_session *s);

/* Why there is none. */
enum store_result question_refusal(const struct redis_session *s);

/* Sends its command, and again for a question of several steps. */
void question_send(struct question *q, redisCallbackFn *done, struct redis_command *command);

/*
 * To be called first when the answer is there. STORE_OK: there is one, and no error. Otherwise it
 * is an error, which was logged and maybe ended the connection, or `reply` is NULL.
 */
enum store_result question_answered(struct question *q, const redisReply *reply);

/* Gives the record back. */
void question_give(struct question *q);

/* Counts a question that came to nothing. Returns `result`. */
enum store_result question_count_failure(struct redis_session *s, enum store_result result);

/* Has Redis say something although there is nothing to ask. */
void question_probe(struct redis_session *s);

/* When the oldest one was sent, or CLOCK_NEVER. */
uint64_t question_oldest(const struct redis_session *s);

#endif
