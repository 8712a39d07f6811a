#include "workers/dtls/table.h"

#include "base/pages.h"
#include "base/writer.h"

#include <errno.h>
#include <string.h>

int association_table_init(struct association_table *t, uint32_t capacity,
                           const struct cid_prefix *prefix)
{
    uint32_t buckets = 1;
    size_t size;

    if (capacity == 0 || capacity > TABLE_SLOTS_MAX)
        return -EINVAL;
    while (buckets < capacity)
        buckets <<= 1;
    size = buckets * sizeof(uint32_t);
    *t = (struct association_table){.bucket_mask = buckets - 1,
                                    .prefix = *prefix,
                                    .by_source = pages_map(size),
                                    .by_id = pages_map(size)};
    list_init(&t->handshakes);
    list_init(&t->living);
    list_init(&t->resting);
    if (slab_init(&t->slots, sizeof(struct association), capacity) || !t->by_source || !t->by_id)
        return -ENOMEM;
    t->recent = slab_at(&t->slots, 0);
    return hash_key_draw(&t->key);
}

void association_table_deinit(struct association_table *t)
{
    size_t size = ((size_t)t->bucket_mask + 1) * sizeof(uint32_t);

    pages_unmap(t->by_source, size);
    pages_unmap(t->by_id, size);
    slab_deinit(&t->slots);
    *t = (struct association_table){0};
}

/* The association that a link names, or NULL. */
static struct association *at(const struct association_table *t, uint32_t link)
{
    return link ? slab_at(&t->slots, link - 1) : NULL;
}

static uint32_t link_to(const struct association_table *t, const struct association *a)
{
    return slab_index(&t->slots, a) + 1;
}

/* All of an IPv4 address (mapped), half of an IPv6 one: that is a bearer's. */
static size_t source_length(const struct net_address *peer)
{
    return net_ip_is_v4(peer->ip) ? 16 : 8;
}

static uint32_t hash_source(const struct association_table *t, const struct net_address *peer)
{
    uint64_t words[2] = {0};

    memcpy(words, peer->ip, source_length(peer));
    return (uint32_t)keyed_hash_words(&t->key, words, 2) & t->bucket_mask;
}

/* A handshake's datagrams look for the same source again and again. */
static uint32_t *source_bucket(struct association_table *t, const struct net_address *peer)
{
    if (!t->hashed || memcmp(t->hashed_ip, peer->ip, sizeof(t->hashed_ip)) != 0)
        table_expect(t, peer, table_source(t, peer));
    return &t->by_source[t->hashed_bucket];
}

static uint32_t *id_bucket(const struct association_table *t, uint64_t id)
{
    return &t->by_id[id & t->bucket_mask]; /* they are random */
}

/* Before what came to this source before: it is the one that sends now, and is found without a look
 * at others. */
static void link_first(struct association_table *t, struct association *a)
{
    uint32_t *bucket = source_bucket(t, &a->path.peer);

    a->next_in_source = *bucket;
    *bucket = link_to(t, a);
}

/* Behind what came to this source before: whoever moves to an address takes no records that are for
 * an association there. */
static void link_last(struct association_table *t, struct association *a)
{
    uint32_t *link = source_bucket(t, &a->path.peer);

    while (*link)
        link = &at(t, *link)->next_in_source;
    *link = link_to(t, a);
    a->next_in_source = 0;
}

static void unlink_source(struct association_table *t, struct association *a)
{
    uint32_t *link = source_bucket(t, &a->path.peer), self = link_to(t, a);

    while (*link != self)
        link = &at(t, *link)->next_in_source;
    *link = a->next_in_source;
}

static void unlink_id(struct association_table *t, struct association *a)
{
    uint32_t *link = id_bucket(t, a->id), self = link_to(t, a);

    while (*link != self)
        link = &at(t, *link)->next_in_ids;
    *link = a->next_in_ids;
}

struct association *table_add(struct association_table *t, uint64_t id,
                              const struct datagram_path *path)
{
    struct association *a = slab_take(&t->slots);
    uint32_t *bucket = id_bucket(t, id);
    uint16_t generation;

    if (!a)
        return NULL;
    generation = (uint16_t)(a->generation + 1);
    *a = (struct association){.id = id,
                              .next_in_ids = *bucket,
                              .path = *path,
                              .allowance = ALLOWANCE_UNLIMITED,
                              .generation = generation};
    *bucket = link_to(t, a);
    link_first(t, a);
    return a;
}

void table_remove(struct association_table *t, struct association *a)
{
    table_delist(t, a);
    unlink_source(t, a);
    unlink_id(t, a);
    a->id = 0;
    slab_give(&t->slots, a);
}

void table_enlist(struct association_table *t, struct association *a)
{
    bool living = association_is_living(a);

    list_append(living ? &t->living : &t->handshakes, &a->in_age);
    living ? t->living_count++ : t->handshake_count++;
}

void table_delist(struct association_table *t, struct association *a)
{
    if (!list_has(&a->in_age))
        return;
    list_remove(&a->in_age);
    association_is_living(a) ? t->living_count-- : t->handshake_count--;
}

void table_rest(struct association_table *t, struct association *a)
{
    a->resting = true;
    list_remove(&a->in_age);
    list_append(&t->resting, &a->in_age);
}

struct association *table_idlest(const struct association_table *t)
{
    struct list_node *n = list_first(&t->resting);

    if (!n)
        n = list_first(&t->living);
    return n ? container_of(n, struct association, in_age) : NULL;
}

void table_touch(struct association_table *t, struct association *a, uint64_t now)
{
    a->last_used = now;
    a->resting = false;
    t->recent = a;
    list_remove(&a->in_age);
    list_append(&t->living, &a->in_age);
}

void table_move(struct association_table *t, struct association *a,
                const struct datagram_path *path)
{
    unlink_source(t, a);
    a->path = *path;
    link_last(t, a);
}

struct association *table_find(struct association_table *t, const struct net_address *peer,
                               bool living)
{
    struct association *a = at(t, *source_bucket(t, peer));

    while (a && (association_is_living(a) != living || !net_address_equal(&a->path.peer, peer)))
        a = at(t, a->next_in_source);
    return a;
}

struct association *table_find_id(const struct association_table *t, uint64_t id)
{
    struct association *a = t->recent;

    if (a->id == id && id != 0)
        return a;
    a = at(t, *id_bucket(t, id));
    while (a && a->id != id)
        a = at(t, a->next_in_ids);
    return a;
}

static struct association *named(const struct association_table *t, const uint8_t *cid,
                                 uint16_t *generation)
{
    struct cursor c = cursor_over(cid, DTLS_CID_LENGTH);
    uint16_t node = cursor_u16(&c);
    uint8_t worker = cursor_u8(&c);
    uint32_t slot = cursor_uint(&c, 3);

    *generation = cursor_u16(&c);
    if (node != t->prefix.node || worker != t->prefix.worker || slot >= t->slots.fresh)
        return NULL;
    return slab_at(&t->slots, slot);
}

void table_prefetch_id(const struct association_table *t, uint64_t id)
{
    __builtin_prefetch(id_bucket(t, id));
}

struct association *table_find_cid(const struct association_table *t, const uint8_t *cid)
{
    uint16_t generation;
    struct association *a = named(t, cid, &generation);

    return a && a->id != 0 && a->generation == generation ? a : NULL;
}

const uint32_t *table_source(const struct association_table *t, const struct net_address *peer)
{
    return &t->by_source[hash_source(t, peer)];
}

void table_expect(struct association_table *t, const struct net_address *peer,
                  const uint32_t *bucket)
{
    memcpy(t->hashed_ip, peer->ip, sizeof(t->hashed_ip));
    t->hashed_bucket = (uint32_t)(bucket - t->by_source);
    t->hashed = true;
}

struct association *table_first(const struct association_table *t, const uint32_t *bucket)
{
    return at(t, *bucket);
}

struct association *table_next(const struct association_table *t, const struct association *a)
{
    return a->id != 0 ? at(t, a->next_in_source) : NULL;
}

struct association *table_slot(const struct association_table *t, const uint8_t *cid)
{
    uint16_t generation;

    return named(t, cid, &generation);
}

uint32_t table_count_source(struct association_table *t, const struct net_address *peer,
                            bool living, struct association **first)
{
    size_t length = source_length(peer);
    uint32_t count = 0;

    *first = NULL;
    for (struct association *a = at(t, *source_bucket(t, peer)); a; a = at(t, a->next_in_source)) {
        if (association_is_living(a) != living || memcmp(a->path.peer.ip, peer->ip, length) != 0)
            continue;
        count++;
        if (!*first || a->last_used <= (*first)->last_used) /* of equal ones the older */
            *first = a;
    }
    return count;
}

void table_write_cid(const struct association_table *t, const struct association *a,
                     uint8_t cid[DTLS_CID_LENGTH])
{
    struct writer w = writer_over(cid, DTLS_CID_LENGTH);
    uint32_t slot = slab_index(&t->slots, a);

    writer_u16(&w, t->prefix.node);
    writer_u8(&w, t->prefix.worker);
    writer_u8(&w, (uint8_t)(slot >> 16));
    writer_u16(&w, (uint16_t)slot);
    writer_u16(&w, a->generation);
}
