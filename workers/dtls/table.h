/*
 * The associations of a worker, by address, id and connection id. Their number is fixed
 * at start; those of one source (an IPv4 address, or the first half of an IPv6 one) are counted by
 * walking its bucket. Living ones are ordered by their last use, those that rest apart from the
 * others; handshakes by their start. One thread.
 */
#ifndef SIMGATE_WORKERS_DTLS_TABLE_H
#define SIMGATE_WORKERS_DTLS_TABLE_H

#include "base/keyed_hash.h"
#include "base/slab.h"
#include "workers/dtls/association.h"

#define TABLE_SLOTS_MAX (1u << 24) /* what a connection id has room for */

/* A connection id: node (2 bytes), worker (1), slot (3), generation (2). */
struct cid_prefix {
    uint16_t node;
    uint8_t worker;
};

struct association_table {
    struct slab slots;
    uint32_t *by_source; /* buckets: a slot's index plus one, or 0 */
    uint32_t *by_id;     /* likewise */
    uint32_t bucket_mask;
    struct hash_key key;
    struct association *recent; /* the slot that was touched last */
    bool hashed;                /* the source whose bucket was looked for last, and that: */
    uint8_t hashed_ip[16];
    uint32_t hashed_bucket;
    struct list handshakes;
    struct list living;  /* used of late */
    struct list resting; /* living as well */
    uint32_t handshake_count;
    uint32_t living_count;
    struct cid_prefix prefix;
};

/* Returns 0 or -errno. */
int association_table_init(struct association_table *t, uint32_t capacity,
                           const struct cid_prefix *prefix);

/* The associations' sessions were closed before. */
void association_table_deinit(struct association_table *t);

/* A slot that is in no list but its source's and the ids', or NULL: all are in use. `id` is one
 * that is not in use. */
struct association *table_add(struct association_table *t, uint64_t id,
                              const struct datagram_path *path);

/* Out of all lists. */
void table_remove(struct association_table *t, struct association *a);

/* Into the list of its kind, as the newest. */
void table_enlist(struct association_table *t, struct association *a);
void table_delist(struct association_table *t, struct association *a);

/* The living association that has not been used for longest, or NULL. */
struct association *table_idlest(const struct association_table *t);

/* A living association was not used for a while. */
void table_rest(struct association_table *t, struct association *a);

/* A living association was used. */
void table_touch(struct association_table *t, struct association *a, uint64_t now);

void table_move(struct association_table *t, struct association *a,
                const struct datagram_path *path);

/* For looking ahead: the bucket of a source, the first slot that a bucket names, the one behind a
 * slot (which may not be in use any more), and the slot that a connection id names; NULL when there
 * is none. */
const uint32_t *table_source(const struct association_table *t, const struct net_address *peer);
void table_expect(struct association_table *t, const struct net_address *peer,
                  const uint32_t *bucket); /* what table_source() gave: it is looked for next */
struct association *table_first(const struct association_table *t, const uint32_t *bucket);
struct association *table_next(const struct association_table *t, const struct association *a);
struct association *table_slot(const struct association_table *t, const uint8_t *cid);

void table_prefetch_id(const struct association_table *t, uint64_t id);

/* NULL when there is none. */
struct association *table_find(struct association_table *t, const struct net_address *peer,
                               bool living);
struct association *table_find_id(const struct association_table *t, uint64_t id);
struct association *table_find_cid(const struct association_table *t, const uint8_t *cid);

/* How many associations of its kind the source has, and the one that is to go first. */
uint32_t table_count_source(struct association_table *t, const struct net_address *peer,
                            bool living, struct association **first);

void table_write_cid(const struct association_table *t, const struct association *a,
                     uint8_t cid[DTLS_CID_LENGTH]);

#endif
