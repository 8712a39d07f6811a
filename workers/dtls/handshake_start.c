#include "base/clock.h"
#include "workers/dtls/handshake.h"
#include "workers/dtls/held.h"
#include "workers/dtls/living.h"

#include <string.h>

/* What is sent during the handshake; the highest plaintext sequence number is kept for an alert. */
static void emit(void *owner, const uint8_t *bytes, size_t length)
{
    struct association *a = owner;
    struct cursor c = cursor_over(bytes, length);
    struct record r;

    while (a->handshake && record_next(&c, &r)) {
        if (r.epoch == 0 && r.sequence > a->handshake->sequence)
            a->handshake->sequence = r.sequence;
    }
    association_emit(a, bytes, length);
}

static bool again(void *owner, struct session *s)
{
    return false; /* verified once, it is not asked for again */
}

static size_t key_for(void *owner, const char *identity, uint8_t key[SESSION_KEY_ROOM])
{
    const struct association *a = owner;
    const struct handshake *h = a->handshake;

    if (!h || h->psk_state != PSK_KNOWN || strcmp(identity, a->identity) != 0)
        return 0;
    memcpy(key, h->key.bytes, h->key.length);
    return h->key.length;
}

const struct session_events association_events = {emit, again, key_for};

static void end_first_handshake(struct dtls *d)
{
    struct list_node *n = list_first(&d->table.handshakes);

    if (n)
        association_end(d, container_of(n, struct association, in_age), DTLS_HANDSHAKES_EVICTED);
}

/* The newest handshake has room: it is the one whose client is certainly there. */
static void make_room(struct dtls *d, const struct net_address *peer)
{
    struct association *old = table_find(&d->table, peer, false);
    struct association *first;

    if (old)
        association_end(d, old, DTLS_HANDSHAKES_EVICTED);
    if (table_count_source(&d->table, peer, false, &first) >= d->settings.handshakes_of_source)
        association_end(d, first, DTLS_HANDSHAKES_EVICTED);
    if (d->table.handshake_count >= d->settings.handshakes)
        end_first_handshake(d);
    if (d->table.slots.used < d->table.slots.capacity)
        return;
    if (table_idlest(&d->table))
        association_end(d, table_idlest(&d->table), DTLS_ENDED_EVICTED);
    else
        end_first_handshake(d);
}

/* Drawn one ahead, so that its bucket is in the cache when it is wanted. */
static uint64_t draw_id(struct dtls *d)
{
    uint64_t id;

    do {
        id = d->next_id;
        d->next_id = random_next(d->random);
        table_prefetch_id(&d->table, d->next_id);
    } while (id == 0 || table_find_id(&d->table, id));
    return id;
}

static struct association *add(struct dtls *d)
{
    struct association *a = table_add(&d->table, draw_id(d), d->hello_path);
    struct handshake *h = slab_take(&d->handshake_slab);

    if (!a || !h) {
        if (a)
            table_remove(&d->table, a);
        if (h)
            slab_give(&d->handshake_slab, h);
        return NULL;
    }
    *h = (struct handshake){.association = a,
                            .retransmit = CLOCK_NEVER,
                            .timeout = d->settings.retransmit_timeout,
                            .expires = d->now + d->settings.handshake_timeout};
    list_init(&h->held);
    a->dtls = d;
    a->handshake = h;
    a->last_used = d->now;
    a->hello = keyed_hash(&d->table.key, d->hello->random, 32);
    table_enlist(&d->table, a);
    return a;
}

bool handshake_begin(void *dtls, struct session *s)
{
    struct dtls *d = dtls;
    struct association *a;
    uint8_t cid[DTLS_CID_LENGTH];

    make_room(d, &d->hello_path->peer);
    a = add(d);
    if (!a) {
        counter_add(&d->counters[DTLS_DROPPED_NO_ROOM], 1);
        return false;
    }
    counter_add(&d->counters[DTLS_HANDSHAKES_STARTED], 1);
    a->session = s;
    session_set_owner(s, &association_events, a);
    /* wolfSSL 5.9.2's client does not understand its server with CBC, encrypt-then-MAC and a
     * connection id; whose fault it is is not known, and no client is known to want the three */
    if (d->hello->offers_cid && d->hello->offers_aead && d->settings.connection_ids) {
        table_write_cid(&d->table, a, cid);
        session_use_cid(s, cid, sizeof(cid)); /* without memory: without one */
    }
    d->begun = a;
    return true;
}

void handshake_free(struct dtls *d, struct association *a)
{
    struct handshake *h = a->handshake;

    if (!h)
        return;
    while (h->held_count > 0)
        held_drop(d, h);
    timer_disarm(&d->timers, &h->timer);
    explicit_bzero(h, sizeof(*h)); /* there is a key */
    slab_give(&d->handshake_slab, h);
    a->handshake = NULL;
}
