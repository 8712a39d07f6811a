#include "workers/parking.h"

#include <errno.h>
#include <string.h>

struct parked {
    struct list_node node;
    struct arrival arrival; /* of the two below */
    struct datagram_path path;
    uint8_t bytes[DATAGRAM_MAX];
};

int parking_init(struct parking *p)
{
    *p = (struct parking){0};
    for (uint32_t i = 0; i < PARKING_BUCKETS; i++)
        list_init(&p->buckets[i]);
    if (slab_init(&p->lookup_slab, sizeof(struct lookup), PARKING_LOOKUPS) ||
        slab_init(&p->message_slab, sizeof(struct parked), PARKING_MESSAGES))
        return -ENOMEM;
    return hash_key_draw(&p->key);
}

void parking_deinit(struct parking *p)
{
    slab_deinit(&p->lookup_slab);
    slab_deinit(&p->message_slab);
    *p = (struct parking){0};
}

static uint32_t bucket_of(const struct parking *p, const uint8_t identity[16])
{
    return keyed_hash(&p->key, identity, 16) & (PARKING_BUCKETS - 1);
}

struct lookup *parking_find(const struct parking *p, const uint8_t identity[16])
{
    const struct list *bucket = &p->buckets[bucket_of(p, identity)];

    for (struct list_node *n = bucket->head.next; n != &bucket->head; n = n->next) {
        struct lookup *l = container_of(n, struct lookup, node);

        if (memcmp(l->identity, identity, 16) == 0)
            return l;
    }
    return NULL;
}

struct lookup *parking_start(struct parking *p, const uint8_t identity[16], void *context)
{
    struct lookup *l = slab_take(&p->lookup_slab);

    if (!l) {
        p->refused++;
        return NULL;
    }
    *l = (struct lookup){.context = context};
    memcpy(l->identity, identity, 16);
    list_init(&l->waiting);
    list_append(&p->buckets[bucket_of(p, identity)], &l->node);
    return l;
}

bool parking_holds(const struct lookup *l, const struct arrival *a)
{
    for (struct list_node *n = l->waiting.head.next; n != &l->waiting.head; n = n->next) {
        const struct arrival *other = &container_of(n, struct parked, node)->arrival;

        if (coap_endpoint_equal(&other->from, &a->from) && other->length == a->length &&
            memcmp(other->bytes, a->bytes, a->length) == 0)
            return true;
    }
    return false;
}

bool parking_add(struct parking *p, struct lookup *l, const struct arrival *a)
{
    struct parked *parked = l->count < PARKING_PER_IDENTITY ? slab_take(&p->message_slab) : NULL;

    if (!parked) {
        p->refused++;
        return false;
    }
    parked->node = (struct list_node){0};
    parked->path = *a->path;
    memcpy(parked->bytes, a->bytes, a->length);
    parked->arrival = *a;
    parked->arrival.path = &parked->path;
    parked->arrival.bytes = parked->bytes;
    list_append(&l->waiting, &parked->node);
    l->count++;
    return true;
}

struct arrival *parking_next(struct parking *p, struct lookup *l)
{
    struct list_node *n = list_first(&l->waiting);

    if (!n)
        return NULL;
    list_remove(n);
    return &container_of(n, struct parked, node)->arrival;
}

void parking_give(struct parking *p, struct arrival *a)
{
    slab_give(&p->message_slab, container_of(a, struct parked, arrival));
}

void parking_end(struct parking *p, struct lookup *l)
{
    list_remove(&l->node);
    slab_give(&p->lookup_slab, l);
}
