#include "workers/coap/dedup.h"

/* What a bucket names first is mostly what is looked for. */
static void prefetch_named(const struct dedup *d, struct dedup_place place)
{
    uint32_t device = d->device_buckets[place.device], entry = d->entry_buckets[place.entry];

    if (device)
        __builtin_prefetch(dedup_device(d, device - 1));
    if (entry)
        __builtin_prefetch(dedup_entry(d, entry - 1));
}

/* The last entry gets a successor, the device leaves its neighbours. */
static void prefetch_linked(const struct dedup *d, struct dedup_place place)
{
    uint32_t at = d->device_buckets[place.device];
    const struct dedup_device *device;

    if (!at)
        return;
    device = dedup_device(d, at - 1);
    __builtin_prefetch(dedup_entry(d, device->last));
    __builtin_prefetch(dedup_device(d, device->newer));
    __builtin_prefetch(dedup_device(d, device->older));
}

void dedup_prefetch(const struct dedup *d, struct dedup_place place, unsigned step)
{
    if (step == 0) {
        __builtin_prefetch(&d->device_buckets[place.device]);
        __builtin_prefetch(&d->entry_buckets[place.entry]);
    } else if (step == 1) {
        prefetch_named(d, place);
    } else {
        prefetch_linked(d, place);
    }
}
