/*
 * A deduplication table as tests use it, with its random source beside it, so it is not returned by
 * value.
 */
#ifndef SIMGATE_TESTS_UNIT_COAP_DEDUP_TABLE_H
#define SIMGATE_TESTS_UNIT_COAP_DEDUP_TABLE_H

#include "base/clock.h"
#include "workers/coap/dedup.h"
#include "workers/coap/wire.h"

#include <criterion/criterion.h>

#define AT(seconds) ((uint64_t)(seconds)*CLOCK_SECOND)
#define HOUR        UINT64_C(3600)

#define ENTRY_COST  (sizeof(struct dedup_entry) + sizeof(uint32_t))
#define DEVICE_COST (sizeof(struct dedup_device) + sizeof(uint32_t))

/* Memory for this many devices, and four times as many entries. */
#define MEMORY_FOR(devices) ((devices) * (4 * ENTRY_COST + DEVICE_COST))

struct table {
    struct dedup d;
    struct random_source random;
};

static inline void open_table(struct table *t, uint64_t memory, uint32_t per_device)
{
    random_source_seed(&t->random, 1);
    cr_assert_eq(dedup_init(&t->d, memory, per_device, &t->random), 0);
}

static inline struct coap_endpoint endpoint(uint64_t device, uint16_t port)
{
    return (struct coap_endpoint){.network = device, .port = port, .kind = COAP_ENDPOINT_IPV4};
}

static inline uint32_t insert_for(struct table *t, uint64_t now, const struct coap_endpoint *e,
                                  uint16_t id, uint32_t lifetime)
{
    return dedup_insert(&t->d, now, e, id, dedup_place(&t->d, e, id), id, lifetime);
}

static inline uint32_t find(struct table *t, uint64_t now, const struct coap_endpoint *e,
                            uint16_t id)
{
    return dedup_find(&t->d, now, e, id, dedup_place(&t->d, e, id));
}

static inline uint32_t insert(struct table *t, uint64_t now, uint64_t device, uint16_t id)
{
    struct coap_endpoint e = endpoint(device, 1);

    return insert_for(t, now, &e, id, COAP_EXCHANGE_LIFETIME);
}

static inline uint32_t insert_settled(struct table *t, uint64_t now, uint64_t device, uint16_t id)
{
    uint32_t entry = insert(t, now, device, id);

    cr_assert_neq(entry, DEDUP_NONE);
    dedup_settle(&t->d, entry, COAP_CHANGED);
    return entry;
}

static inline bool knows(struct table *t, uint64_t now, uint64_t device, uint16_t id)
{
    struct coap_endpoint e = endpoint(device, 1);

    return find(t, now, &e, id) != DEDUP_NONE;
}

#endif
