#include "workers/device_cache.h"

#include "base/clock.h"
#include "base/pages.h"

#include <errno.h>
#include <string.h>

int device_cache_init(struct device_cache *c, uint32_t capacity)
{
    uint32_t buckets = 1;

    while (buckets < capacity)
        buckets <<= 1;
    *c = (struct device_cache){.bucket_mask = buckets - 1,
                               .buckets = pages_map(buckets * sizeof(uint32_t))};
    if (!c->buckets || slab_init(&c->entries, sizeof(struct device_entry), capacity))
        return -ENOMEM;
    return hash_key_draw(&c->key);
}

void device_cache_deinit(struct device_cache *c)
{
    pages_unmap(c->buckets, ((size_t)c->bucket_mask + 1) * sizeof(uint32_t));
    slab_deinit(&c->entries);
    *c = (struct device_cache){0};
}

static uint32_t *bucket_of(const struct device_cache *c, const uint8_t ip[16])
{
    return &c->buckets[keyed_hash(&c->key, ip, 16) & c->bucket_mask];
}

void device_cache_prefetch(const struct device_cache *c, const uint8_t ip[16])
{
    __builtin_prefetch(bucket_of(c, ip));
}

static struct device_entry *lookup(const struct device_cache *c, const uint8_t ip[16])
{
    uint32_t at = *bucket_of(c, ip);

    while (at) {
        struct device_entry *e = slab_at(&c->entries, at - 1);

        if (memcmp(e->ip, ip, 16) == 0)
            return e;
        at = e->next_in_bucket;
    }
    return NULL;
}

struct device_entry *device_cache_find(struct device_cache *c, uint64_t now, const uint8_t ip[16])
{
    struct device_entry *e = lookup(c, ip);

    if (!e || now >= e->expires) {
        c->misses++;
        return NULL;
    }
    c->hits++;
    e->used = true;
    return e;
}

static void remove_entry(struct device_cache *c, struct device_entry *e)
{
    uint32_t *link = bucket_of(c, e->ip);
    uint32_t at = slab_index(&c->entries, e) + 1;

    while (*link != at)
        link = &((struct device_entry *)slab_at(&c->entries, *link - 1))->next_in_bucket;
    *link = e->next_in_bucket;
    e->occupied = false;
    slab_give(&c->entries, e);
}

/* Moves the hand to an entry that was not used since it last came by, and takes it out. */
static void evict(struct device_cache *c)
{
    for (;;) {
        struct device_entry *e = slab_at(&c->entries, c->hand);

        c->hand = (c->hand + 1) % c->entries.capacity;
        if (e->occupied && !e->used) {
            c->evicted++;
            remove_entry(c, e);
            return;
        }
        e->used = false;
    }
}

static struct device_entry *add_entry(struct device_cache *c, const uint8_t ip[16])
{
    struct device_entry *e = slab_take(&c->entries);
    uint32_t *bucket = bucket_of(c, ip);

    if (!e) {
        evict(c);
        e = slab_take(&c->entries);
    }
    *e = (struct device_entry){.next_in_bucket = *bucket, .occupied = true};
    memcpy(e->ip, ip, 16);
    *bucket = slab_index(&c->entries, e) + 1;
    return e;
}

struct device_entry *device_cache_put(struct device_cache *c, uint64_t now, const uint8_t ip[16],
                                      const struct device *device, uint64_t life)
{
    struct device_entry *e = lookup(c, ip);

    if (!e)
        e = add_entry(c, ip);
    e->used = true;
    e->expires = now + life;
    e->registered = device != NULL;
    if (device) {
        /* not the cache's own key: connections are chosen by it on every worker alike */
        static const struct hash_key fixed = {{1, 2}};

        e->device = *device;
        e->order_key = keyed_hash(&fixed, device->iccid, strlen(device->iccid));
    }
    return e;
}

bool device_entry_allow(struct device_entry *e, uint64_t now, uint32_t rate, uint32_t burst)
{
    uint64_t interval, expected;

    if (rate == 0)
        return true;
    interval = CLOCK_SECOND / rate;
    expected = e->next_allowed > now ? e->next_allowed : now;
    if (expected - now > (burst - 1) * interval)
        return false;
    e->next_allowed = expected + interval;
    return true;
}
