#include "workers/coap/dedup.h"

#include "base/clock.h"
#include "base/pages.h"

#include <errno.h>

/* Entries to a device in the budget's arithmetic: a table of devices that send less often than that
 * many times in a lifetime is full before that of entries is. */
#define ENTRIES_PER_DEVICE 4

/* Expired entries that one call of dedup_sweep() drops at the most. */
#define SWEEP_STEP 4096

/* Devices whose oldest entry is in progress and that are passed over to find one to evict. */
#define EVICTION_TRIES 16

static uint32_t power_of_two_at_least(uint64_t n)
{
    uint32_t p = 1;

    while (p < n && p < UINT32_C(1) << 31)
        p <<= 1;
    return p;
}

static uint32_t *map_buckets(uint32_t count)
{
    return pages_map(count * sizeof(uint32_t));
}

int dedup_init(struct dedup *d, uint64_t memory, uint32_t per_device, struct random_source *random)
{
    /* of each table there is at most one bucket to an object */
    uint64_t entry_cost = sizeof(struct dedup_entry) + sizeof(uint32_t);
    uint64_t device_cost = sizeof(struct dedup_device) + sizeof(uint32_t);
    uint64_t devices = memory / (entry_cost * ENTRIES_PER_DEVICE + device_cost);
    uint64_t entries = devices * ENTRIES_PER_DEVICE;
    uint32_t entry_buckets, device_buckets;

    if (entries >= UINT32_C(1) << 31)
        entries = (UINT32_C(1) << 31) - 1;
    entry_buckets = power_of_two_at_least(entries / 2 + 1);
    device_buckets = power_of_two_at_least(devices / 2 + 1);
    *d = (struct dedup){.random = random,
                        .entry_mask = entry_buckets - 1,
                        .device_mask = device_buckets - 1,
                        .oldest = DEDUP_NONE,
                        .newest = DEDUP_NONE,
                        /* with one, a device would go with the entry that makes room for it */
                        .per_device = per_device < 2 ? 2 : per_device,
                        .entry_buckets = map_buckets(entry_buckets),
                        .device_buckets = map_buckets(device_buckets)};
    if (!d->entry_buckets || !d->device_buckets ||
        slab_init(&d->entries, sizeof(struct dedup_entry), (uint32_t)entries) ||
        slab_init(&d->devices, sizeof(struct dedup_device), (uint32_t)devices))
        return -ENOMEM;
    return hash_key_draw(&d->key);
}

void dedup_deinit(struct dedup *d)
{
    pages_unmap(d->entry_buckets, ((size_t)d->entry_mask + 1) * sizeof(uint32_t));
    pages_unmap(d->device_buckets, ((size_t)d->device_mask + 1) * sizeof(uint32_t));
    slab_deinit(&d->entries);
    slab_deinit(&d->devices);
    *d = (struct dedup){0};
}

/* Buckets hold an index plus one, so that fresh memory, which is zero, is empty buckets. */

static uint32_t device_bucket(const struct dedup *d, uint64_t network, uint16_t kind)
{
    return (uint32_t)keyed_hash_rest(&d->key, &network, 1, kind, 2) & d->device_mask;
}

static uint32_t entry_bucket(const struct dedup *d, uint64_t network, uint64_t interface,
                             uint16_t kind, uint16_t port, uint16_t id)
{
    uint64_t words[2] = {network, interface};
    uint64_t rest = (uint64_t)kind << 32 | (uint64_t)port << 16 | id;

    return (uint32_t)keyed_hash_rest(&d->key, words, 2, rest, 6) & d->entry_mask;
}

struct dedup_place dedup_place(const struct dedup *d, const struct coap_endpoint *from, uint16_t id)
{
    return (struct dedup_place){
        .entry = entry_bucket(d, from->network, from->interface, from->kind, from->port, id),
        .device = device_bucket(d, from->network, from->kind)};
}

struct dedup_place dedup_place_of_device(const struct dedup *d, const struct coap_endpoint *from)
{
    return (struct dedup_place){.device = device_bucket(d, from->network, from->kind)};
}

static uint16_t seconds_of(uint64_t now)
{
    return (uint16_t)(now / CLOCK_SECOND);
}

/* Rounded up: a whole lifetime, and less than a second more. */
static uint16_t expiry(uint64_t now, uint32_t lifetime)
{
    return (uint16_t)(seconds_of(now + CLOCK_SECOND - 1) + lifetime);
}

/* Whether a time has come. Its clock wraps after 18 hours, so an expired entry must not stay for
 * nine: a device's own requests and dedup_sweep() see to that. */
static bool is_past(uint16_t time, uint64_t now)
{
    return (int16_t)(time - seconds_of(now)) <= 0;
}

static bool is_expired(const struct dedup_entry *e, uint64_t now)
{
    if (e->state < DEDUP_SETTLED)
        return false;
    return e->state == DEDUP_DEAD || is_past(e->expires, now);
}

static struct dedup_entry *first_entry(const struct dedup *d, const struct dedup_device *device)
{
    return dedup_entry(d, dedup_entry(d, device->last)->next_of_device);
}

static uint32_t find_device(const struct dedup *d, const struct coap_endpoint *from,
                            uint32_t bucket)
{
    uint32_t at = d->device_buckets[bucket];

    while (at) {
        const struct dedup_device *device = dedup_device(d, at - 1);

        if (device->network == from->network && device->kind == from->kind)
            return at - 1;
        at = device->next_in_bucket;
    }
    return DEDUP_NONE;
}

/* The devices' order by their last request. */

static void unlink_device(struct dedup *d, uint32_t index)
{
    struct dedup_device *device = dedup_device(d, index);

    if (device->older != DEDUP_NONE)
        dedup_device(d, device->older)->newer = device->newer;
    else
        d->oldest = device->newer;
    if (device->newer != DEDUP_NONE)
        dedup_device(d, device->newer)->older = device->older;
    else
        d->newest = device->older;
}

static void link_newest(struct dedup *d, uint32_t index)
{
    struct dedup_device *device = dedup_device(d, index);

    device->newer = DEDUP_NONE;
    device->older = d->newest;
    if (d->newest != DEDUP_NONE)
        dedup_device(d, d->newest)->newer = index;
    else
        d->oldest = index;
    d->newest = index;
}

static void remove_device(struct dedup *d, uint32_t index)
{
    struct dedup_device *device = dedup_device(d, index);
    uint32_t *link = &d->device_buckets[device_bucket(d, device->network, device->kind)];

    while (*link != index + 1)
        link = &dedup_device(d, *link - 1)->next_in_bucket;
    *link = device->next_in_bucket;
    unlink_device(d, index);
    slab_give(&d->devices, device);
}

static void unlink_from_bucket(struct dedup *d, uint32_t index)
{
    const struct dedup_entry *e = dedup_entry(d, index);
    const struct dedup_device *device = dedup_device(d, e->device);
    uint32_t *link = &d->entry_buckets[entry_bucket(d, device->network, e->interface, device->kind,
                                                    e->port, e->message_id)];

    while (*link != index + 1)
        link = &dedup_entry(d, *link - 1)->next_in_bucket;
    *link = e->next_in_bucket;
}

/* Takes the device's oldest entry out, and the device with its last one. */
static void drop_first(struct dedup *d, uint32_t device_index)
{
    struct dedup_device *device = dedup_device(d, device_index);
    struct dedup_entry *last = dedup_entry(d, device->last);
    struct dedup_entry *e = dedup_entry(d, last->next_of_device);
    const struct dedup_entry *next = dedup_entry(d, e->next_of_device);

    if (e->state != DEDUP_DEAD)
        unlink_from_bucket(d, last->next_of_device);
    last->next_of_device = e->next_of_device;
    device->due = next->expires;
    if (next->state == DEDUP_DEAD)
        device->has_dead = true;
    device->live--;
    slab_give(&d->entries, e);
    if (device->live == 0)
        remove_device(d, device_index);
}

/* Drops the expired entries in front of one device, up to `limit`. Returns how many. */
static uint32_t sweep_device(struct dedup *d, uint64_t now, uint32_t index, uint32_t limit)
{
    struct dedup_device *device = dedup_device(d, index);
    uint32_t live = device->live;
    uint32_t dropped = 0;

    if (!device->has_dead && !is_past(device->due, now))
        return 0;
    while (dropped < live && dropped < limit && is_expired(first_entry(d, device), now)) {
        drop_first(d, index);
        dropped++;
    }
    if (dropped < live && dropped < limit)
        device->has_dead = false;
    return dropped;
}

bool dedup_sweep(struct dedup *d, uint64_t now)
{
    uint32_t left = SWEEP_STEP;

    while (left && d->oldest != DEDUP_NONE) {
        uint32_t dropped = sweep_device(d, now, d->oldest, left);

        if (dropped == 0)
            return false;
        left -= dropped;
    }
    return left == 0;
}

/* Takes the device's oldest entry out, which is not in progress, to make room. */
static void evict_first(struct dedup *d, uint64_t now, uint32_t device_index)
{
    if (!is_expired(first_entry(d, dedup_device(d, device_index)), now))
        d->evicted++;
    drop_first(d, device_index);
}

/* Drops one entry, be it before its time: the oldest of the device that has been silent longest.
 * `keep` is a device that has to stay. */
static bool evict_any(struct dedup *d, uint64_t now, uint32_t keep)
{
    uint32_t index = d->oldest;

    for (int i = 0; i < EVICTION_TRIES && index != DEDUP_NONE; i++) {
        const struct dedup_device *device = dedup_device(d, index);

        if ((index != keep || device->live > 1) && first_entry(d, device)->state >= DEDUP_SETTLED) {
            evict_first(d, now, index);
            return true;
        }
        index = device->newer;
    }
    return false;
}

/* The device's record, the newest now; DEDUP_NONE when there is no room. */
static uint32_t touch_device(struct dedup *d, uint64_t now, const struct coap_endpoint *from,
                             uint32_t place)
{
    uint32_t index = find_device(d, from, place);
    struct dedup_device *device;

    if (index != DEDUP_NONE && sweep_device(d, now, index, UINT32_MAX) &&
        find_device(d, from, place) == DEDUP_NONE)
        index = DEDUP_NONE; /* it went with its last entry */
    if (index != DEDUP_NONE) {
        if (d->newest != index) {
            unlink_device(d, index);
            link_newest(d, index);
        }
        return index;
    }
    while (!(device = slab_take(&d->devices)))
        if (!evict_any(d, now, DEDUP_NONE))
            return DEDUP_NONE;
    *device = (struct dedup_device){.next_in_bucket = d->device_buckets[place],
                                    .network = from->network,
                                    .kind = from->kind,
                                    .next_message_id = (uint16_t)random_next(d->random)};
    index = (uint32_t)(device - dedup_device(d, 0));
    d->device_buckets[place] = index + 1;
    link_newest(d, index);
    return index;
}

uint32_t dedup_find(struct dedup *d, uint64_t now, const struct coap_endpoint *from, uint16_t id,
                    struct dedup_place place)
{
    uint32_t at = d->entry_buckets[place.entry];

    while (at) {
        const struct dedup_entry *e = dedup_entry(d, at - 1);
        const struct dedup_device *device = dedup_device(d, e->device);

        if (e->message_id == id && e->port == from->port && e->interface == from->interface &&
            device->network == from->network && device->kind == from->kind) {
            if (!is_expired(e, now))
                return at - 1;
            dedup_forget(d, at - 1);
            return DEDUP_NONE;
        }
        at = e->next_in_bucket;
    }
    return DEDUP_NONE;
}

/* Room for an entry of the device, within both budgets. */
static struct dedup_entry *take_entry(struct dedup *d, uint64_t now, uint32_t device_index)
{
    struct dedup_device *device = dedup_device(d, device_index);
    struct dedup_entry *e;

    if (device->live >= d->per_device) {
        if (first_entry(d, device)->state < DEDUP_SETTLED)
            return NULL;
        evict_first(d, now, device_index);
    }
    while (!(e = slab_take(&d->entries)))
        if (!evict_any(d, now, device_index))
            return NULL;
    return e;
}

static void append_entry(struct dedup *d, struct dedup_device *device, uint32_t index)
{
    struct dedup_entry *e = dedup_entry(d, index);

    if (device->live++ == 0) {
        e->next_of_device = index;
        device->due = e->expires;
    } else {
        struct dedup_entry *last = dedup_entry(d, device->last);

        e->next_of_device = last->next_of_device;
        last->next_of_device = index;
    }
    device->last = index;
}

uint32_t dedup_insert(struct dedup *d, uint64_t now, const struct coap_endpoint *from, uint16_t id,
                      struct dedup_place place, uint32_t request_hash, uint32_t lifetime)
{
    uint32_t device, index, *bucket;
    struct dedup_entry *e;

    device = touch_device(d, now, from, place.device);
    if (device == DEDUP_NONE)
        return DEDUP_NONE;
    e = take_entry(d, now, device);
    if (!e) {
        if (dedup_device(d, device)->live == 0)
            remove_device(d, device);
        return DEDUP_NONE;
    }
    bucket = &d->entry_buckets[place.entry];
    *e = (struct dedup_entry){.next_in_bucket = *bucket,
                              .device = device,
                              .request_hash = request_hash,
                              .interface = from->interface,
                              .port = from->port,
                              .message_id = id,
                              .expires = expiry(now, lifetime),
                              .state = DEDUP_IN_PROGRESS};
    index = (uint32_t)(e - dedup_entry(d, 0));
    *bucket = index + 1;
    append_entry(d, dedup_device(d, device), index);
    return index;
}

void dedup_settle(struct dedup *d, uint32_t entry, uint8_t code)
{
    struct dedup_entry *e = dedup_entry(d, entry);

    e->state = DEDUP_SETTLED;
    e->code = code;
}

void dedup_forget(struct dedup *d, uint32_t entry)
{
    struct dedup_entry *e = dedup_entry(d, entry);

    unlink_from_bucket(d, entry);
    e->state = DEDUP_DEAD;
    dedup_device(d, e->device)->has_dead = true;
}

/* There are clients that take a message for text and look for "89" in it, with which an ICCID
 * begins: neither a NUL nor that may stand before the payload. */
static bool is_harmless_text(uint16_t id)
{
    return id >> 8 && id & 0xff && id != ('8' << 8 | '9');
}

uint16_t dedup_next_message_id(struct dedup *d, const struct coap_endpoint *to)
{
    uint32_t device = find_device(d, to, device_bucket(d, to->network, to->kind));
    uint16_t id;

    do
        id = device == DEDUP_NONE ? (uint16_t)random_next(d->random)
                                  : dedup_device(d, device)->next_message_id++;
    while (!is_harmless_text(id));
    return id;
}
