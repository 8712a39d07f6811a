/*
 * Deduplication (RFC 7252 §4.5): which requests were seen, and with which code they were answered.
 * An entry is 32 bytes and holds its whole key, so two requests can never be taken for one another.
 *
 * The budget is a fixed number of entries, in all and for each device. Entries hang on their
 * device, oldest first, and devices are ordered by their last request. When a budget is used up,
 * expired entries go first, then the oldest of the same device (its own budget) or of the device
 * that has been silent longest (the whole). What went before its time is counted.
 *
 * One thread. Entries are named by their index, which is good until the entry is forgotten or, once
 * it is settled, until the next dedup_insert().
 */
#ifndef SIMGATE_WORKERS_COAP_DEDUP_H
#define SIMGATE_WORKERS_COAP_DEDUP_H

#include "base/keyed_hash.h"
#include "base/random.h"
#include "base/slab.h"
#include "workers/coap/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

#define DEDUP_NONE SLAB_NONE

enum dedup_state {
    DEDUP_IN_PROGRESS,  /* is worked on; not evicted */
    DEDUP_ACKNOWLEDGED, /* the same, and an empty ACK went out */
    DEDUP_SETTLED,      /* was answered with `code` */
    DEDUP_DEAD,         /* forgotten; leaves when the device's older ones have left */
};

struct dedup_entry {
    uint32_t next_of_device; /* the next younger one; the oldest after the newest */
    uint32_t next_in_bucket;
    uint32_t device;
    uint32_t request_hash;
    uint64_t interface; /* of the endpoint */
    uint16_t port;      /* of the endpoint */
    uint16_t message_id;
    uint16_t expires; /* seconds, monotonic, the lowest 16 bits */
    uint8_t code;     /* the response's, once settled */
    uint8_t state;    /* enum dedup_state */
};

_Static_assert(sizeof(struct dedup_entry) == 32, "the declared size of a remembered request");

/* What requests of one device have in common. Half a cache line, and a request that comes before
 * the oldest entry has expired touches of the entries only the newest. */
struct dedup_device {
    uint32_t next_in_bucket;
    uint32_t newer, older;    /* by their last request */
    uint32_t last;            /* the newest entry, whose next is the oldest */
    uint64_t network;         /* of the endpoint */
    uint32_t live : 23;       /* entries */
    uint32_t has_dead : 1;    /* maybe in front: not to be waited for until `due` */
    uint32_t kind : 8;        /* of the endpoint */
    uint16_t due;             /* `expires` of the oldest entry */
    uint16_t next_message_id; /* of messages that we start towards it */
};

_Static_assert(sizeof(struct dedup_device) == 32, "two in a cache line");

struct dedup {
    struct hash_key key;
    struct random_source *random;
    struct slab entries;
    struct slab devices;
    uint32_t *entry_buckets;
    uint32_t *device_buckets;
    uint32_t entry_mask, device_mask; /* of their buckets */
    uint32_t oldest, newest;          /* devices by their last request */
    uint32_t per_device;
    uint64_t evicted; /* entries that went before their time */
};

/* `memory` bytes in all, and `per_device` entries (at least 2, less than 2^23) for each device.
 * `random` is borrowed. Returns 0 or -errno. */
int dedup_init(struct dedup *d, uint64_t memory, uint32_t per_device, struct random_source *random);

void dedup_deinit(struct dedup *d);

static inline struct dedup_entry *dedup_entry(const struct dedup *d, uint32_t entry)
{
    return (struct dedup_entry *)d->entries.objects + entry;
}

static inline struct dedup_device *dedup_device(const struct dedup *d, uint32_t device)
{
    return (struct dedup_device *)d->devices.objects + device;
}

/* Where a request is, or would be: buckets, which stay the same as long as the table is open. */
struct dedup_place {
    uint32_t entry;
    uint32_t device;
};

/* Of a request whose Message ID is not known yet: good for dedup_prefetch() alone, to which the
 * first bucket is as good as any. */
struct dedup_place dedup_place_of_device(const struct dedup *d, const struct coap_endpoint *from);

struct dedup_place dedup_place(const struct dedup *d, const struct coap_endpoint *from,
                               uint16_t id);

/* Has the processor fetch what dedup_find() and dedup_insert() will look at: in step 0 the buckets,
 * in each further one what the last brought names. */
#define DEDUP_PREFETCH_STEPS 3
void dedup_prefetch(const struct dedup *d, struct dedup_place place, unsigned step);

/* The entry of a request that is remembered at `now` (nanoseconds), or DEDUP_NONE. */
uint32_t dedup_find(struct dedup *d, uint64_t now, const struct coap_endpoint *from, uint16_t id,
                    struct dedup_place place);

/* Remembers a request that dedup_find() did not find, in progress, for `lifetime` seconds.
 * DEDUP_NONE when the budget is used up by requests in progress. */
uint32_t dedup_insert(struct dedup *d, uint64_t now, const struct coap_endpoint *from, uint16_t id,
                      struct dedup_place place, uint32_t request_hash, uint32_t lifetime);

void dedup_settle(struct dedup *d, uint32_t entry, uint8_t code);

void dedup_forget(struct dedup *d, uint32_t entry);

/* Drops expired entries of devices that have fallen silent, a bounded number a call; true when
 * there may be more. To be called once a second or so while the table is not empty. */
bool dedup_sweep(struct dedup *d, uint64_t now);

/* A Message ID for a message of our own: from a sequence with a random start for a device that has
 * entries (RFC 7252 §4.4), any for others, which we hold nothing for. Without a byte 0, and not the
 * characters "89": see resources/bootstrap.h. */
uint16_t dedup_next_message_id(struct dedup *d, const struct coap_endpoint *to);

#endif
