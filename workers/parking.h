/*
 * Messages that wait for the store to say whose they are. A look-up of an identity is asked once;
 * what arrives meanwhile waits with it, and is received again, from the start, when the answer is
 * there. Bounded in look-ups, in messages, and in messages of one identity. One thread.
 */
#ifndef SIMGATE_WORKERS_PARKING_H
#define SIMGATE_WORKERS_PARKING_H

#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/slab.h"
#include "workers/arrival.h"
#include "workers/resources/templates.h"

#include <stdbool.h>
#include <stdint.h>

#define PARKING_LOOKUPS      512
#define PARKING_MESSAGES     2048
#define PARKING_PER_IDENTITY 32

struct lookup {
    struct list_node node; /* in its bucket */
    struct list waiting;
    uint32_t count;
    uint8_t identity[16];
    void *context;                   /* the caller's */
    bool asking;                     /* the caller's: the store is being called */
    bool answered;                   /* the caller's: it answered before that call returned */
    int result;                      /* the caller's: the store's */
    struct template_waiter template; /* the caller's: for the device's template */
};

#define PARKING_BUCKETS 1024 /* a power of two */

struct parking {
    struct hash_key key;
    struct list buckets[PARKING_BUCKETS]; /* look-ups that wait for the store, by identity */
    struct slab lookup_slab;
    struct slab message_slab;
    uint64_t refused; /* messages that found no room */
};

/* Returns 0 or -errno. */
int parking_init(struct parking *p);

void parking_deinit(struct parking *p);

/* The look-up of this identity that is under way, or NULL. */
struct lookup *parking_find(const struct parking *p, const uint8_t identity[16]);

/* A new look-up, or NULL: no room. */
struct lookup *parking_start(struct parking *p, const uint8_t identity[16], void *context);

/* Whether the same message waits already: this one is a retransmission. */
bool parking_holds(const struct lookup *l, const struct arrival *a);

/* Lets a copy of the message wait. False: no room. */
bool parking_add(struct parking *p, struct lookup *l, const struct arrival *a);

/* A message of a look-up, the oldest first, or NULL; to be given back. */
struct arrival *parking_next(struct parking *p, struct lookup *l);
void parking_give(struct parking *p, struct arrival *a);

/* Ends a look-up whose messages were all taken. */
void parking_end(struct parking *p, struct lookup *l);

#endif
