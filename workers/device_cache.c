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
                               .buckets = pages_map(buckets * sizeof(uint32_t)),
                               .device_buckets = pages_map(buckets * sizeof(uint32_t))};
    if (!c->buckets || !c->device_buckets ||
        slab_init(&c->entries, sizeof(struct device_entry), capacity))
        return -ENOMEM;
    return hash_key_draw(&c->key);
}

void device_cache_deinit(struct device_cache *c)
{
    size_t bytes = ((size_t)c->bucket_mask + 1) * sizeof(uint32_t);

    pages_unmap(c->buckets, bytes);
    pages_unmap(c->device_buckets, bytes);
    slab_deinit(&c->entries);
    *c = (struct device_cache){0};
}

uint32_t device_cache_place(const struct device_cache *c, const uint8_t ip[16])
{
    uint64_t words[2];

    memcpy(words, ip, sizeof(words));
    return (uint32_t)keyed_hash_words(&c->key, words, 2) & c->bucket_mask;
}

static uint32_t *bucket_of(const struct device_cache *c, const uint8_t ip[16])
{
    return &c->buckets[device_cache_place(c, ip)];
}

void device_cache_prefetch(const struct device_cache *c, uint32_t place, unsigned step)
{
    const uint8_t *entry;

    if (step == 0)
        __builtin_prefetch(&c->buckets[place]);
    if (step != 1 || !c->buckets[place])
        return;
    entry = slab_at(&c->entries, c->buckets[place] - 1);
    for (size_t at = 0; at < sizeof(struct device_entry); at += 64)
        __builtin_prefetch(entry + at);
}

static struct device_entry *lookup_at(const struct device_cache *c, const uint8_t ip[16],
                                      uint32_t place)
{
    uint32_t at = c->buckets[place];

    while (at) {
        struct device_entry *e = slab_at(&c->entries, at - 1);

        if (memcmp(e->ip, ip, 16) == 0)
            return e;
        at = e->next_in_bucket;
    }
    return NULL;
}

static struct device_entry *lookup(const struct device_cache *c, const uint8_t ip[16])
{
    return lookup_at(c, ip, device_cache_place(c, ip));
}

struct device_entry *device_cache_find_at(struct device_cache *c, uint64_t now,
                                          const uint8_t ip[16], uint32_t place)
{
    struct device_entry *e = lookup_at(c, ip, place);

    if (!e || now >= e->expires || e->epoch != c->epoch) {
        c->misses += !e;
        c->stale += e != NULL;
        return NULL;
    }
    c->hits++;
    e->used = true;
    return e;
}

struct device_entry *device_cache_find_stale(const struct device_cache *c, const uint8_t ip[16])
{
    return lookup(c, ip);
}

/* The same on every cache: publications choose their connection by it. */
static uint64_t hash_of_device(const char *iccid)
{
    static const struct hash_key fixed = {{1, 2}};

    return keyed_hash(&fixed, iccid, strlen(iccid));
}

static void link_device(struct device_cache *c, struct device_entry *e)
{
    uint32_t *bucket = &c->device_buckets[e->order_key & c->bucket_mask];

    e->next_of_device = *bucket;
    *bucket = slab_index(&c->entries, e) + 1;
}

static void unlink_device(struct device_cache *c, struct device_entry *e)
{
    uint32_t *link = &c->device_buckets[e->order_key & c->bucket_mask];
    uint32_t at = slab_index(&c->entries, e) + 1;

    while (*link != at)
        link = &((struct device_entry *)slab_at(&c->entries, *link - 1))->next_of_device;
    *link = e->next_of_device;
}

static void remove_entry(struct device_cache *c, struct device_entry *e)
{
    uint32_t *link = bucket_of(c, e->ip);
    uint32_t at = slab_index(&c->entries, e) + 1;

    while (*link != at)
        link = &((struct device_entry *)slab_at(&c->entries, *link - 1))->next_in_bucket;
    *link = e->next_in_bucket;
    if (e->registered)
        unlink_device(c, e);
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
    else if (e->registered)
        unlink_device(c, e);
    e->used = true;
    e->expires = now + life;
    e->epoch = c->epoch;
    e->registered = device != NULL;
    if (device) {
        e->device = *device;
        e->order_key = hash_of_device(device->iccid);
        link_device(c, e);
    }
    return e;
}

void device_cache_forget(struct device_cache *c, const uint8_t ip[16])
{
    struct device_entry *e = lookup(c, ip);

    if (e)
        remove_entry(c, e);
}

void device_cache_forget_device(struct device_cache *c, const char *iccid)
{
    uint32_t at = c->device_buckets[hash_of_device(iccid) & c->bucket_mask];

    while (at) {
        struct device_entry *e = slab_at(&c->entries, at - 1);

        at = e->next_of_device;
        if (strcmp(e->device.iccid, iccid) == 0)
            remove_entry(c, e);
    }
}

void device_cache_doubt(struct device_cache *c)
{
    c->epoch++;
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
