/*
 * What a worker knows of devices by their address or ICCID (device_name.h), so that the store is
 * asked once in a while and not for every message; and how fast each one sends. Of a fixed size:
 * when it is full, an entry that was not used since the hand last came by goes (the clock
 * algorithm). One thread.
 *
 * An entry is fresh, and can be relied on, until its life ends or the whole cache is doubted. Then
 * it is stale: the store is to be asked again, and only where that cannot be reached does what is
 * known still count. An entry that is known to be outdated is forgotten.
 */
#ifndef SIMGATE_WORKERS_DEVICE_CACHE_H
#define SIMGATE_WORKERS_DEVICE_CACHE_H

#include "base/keyed_hash.h"
#include "base/slab.h"
#include "storage/store.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

struct device_entry {
    alignas(64) uint32_t next_in_bucket;
    uint32_t next_of_device; /* in its bucket by device, where it is registered */
    uint32_t epoch;          /* the cache's, when the store answered */
    bool occupied;
    bool used; /* since the hand last came by */
    bool registered;
    uint8_t ip[16];
    struct device device;  /* where it is registered */
    uint64_t expires;      /* nanoseconds, monotonic */
    uint64_t order_key;    /* of its publications: a hash of the ICCID */
    uint64_t next_report;  /* when an error may be reported again; nanoseconds, monotonic */
    uint64_t next_allowed; /* the rate limit's theoretical arrival time, nanoseconds, monotonic */
};

_Static_assert(sizeof(struct device_entry) == 128, "two cache lines");

struct device_cache {
    struct hash_key key;
    struct slab entries;
    uint32_t *buckets;        /* by address: index plus one; 0 is empty */
    uint32_t *device_buckets; /* by device, likewise */
    uint32_t bucket_mask;
    uint32_t epoch; /* how often it was doubted */
    uint32_t hand;
    uint64_t hits, misses, stale, evicted;
};

/* Room for `capacity` devices. Returns 0 or -errno. */
int device_cache_init(struct device_cache *c, uint32_t capacity);

void device_cache_deinit(struct device_cache *c);

/* The bucket of an address; it stays the same. */
uint32_t device_cache_place(const struct device_cache *c, const uint8_t ip[16]);

/* Has the processor fetch what device_cache_find() will look at: in step 0 the bucket, in step 1
 * the entry that it names. */
void device_cache_prefetch(const struct device_cache *c, uint32_t place, unsigned step);

/* The fresh entry of an address, or NULL when the store has to be asked. Good until the next put.
 * `place` is what device_cache_place() says. */
struct device_entry *device_cache_find_at(struct device_cache *c, uint64_t now,
                                          const uint8_t ip[16], uint32_t place);

static inline struct device_entry *device_cache_find(struct device_cache *c, uint64_t now,
                                                     const uint8_t ip[16])
{
    return device_cache_find_at(c, now, ip, device_cache_place(c, ip));
}

/* The entry of an address, fresh or stale, or NULL: for when the store could not be asked. */
struct device_entry *device_cache_find_stale(const struct device_cache *c, const uint8_t ip[16]);

/* Keeps the store's answer, NULL for no such device, for `life` nanoseconds. */
struct device_entry *device_cache_put(struct device_cache *c, uint64_t now, const uint8_t ip[16],
                                      const struct device *device, uint64_t life);

/* Forgets what is known of an address, or of all addresses of a device. */
void device_cache_forget(struct device_cache *c, const uint8_t ip[16]);
void device_cache_forget_device(struct device_cache *c, const char *iccid);

/* Makes every entry stale. */
void device_cache_doubt(struct device_cache *c);

/*
 * Whether the device may send a message now, at most `rate` a second (0: no limit) and `burst` at
 * once. The generic cell rate algorithm (ITU-T I.371): one number for each device.
 */
bool device_entry_allow(struct device_entry *e, uint64_t now, uint32_t rate, uint32_t burst);

#endif
