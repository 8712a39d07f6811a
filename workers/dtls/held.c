#include "workers/dtls/held.h"

#include "workers/dtls/living.h"

#include <string.h>

static bool holds(const struct handshake *h, const uint8_t *bytes, size_t length)
{
    for (struct list_node *n = h->held.head.next; n != &h->held.head; n = n->next) {
        const struct datagram *other = &container_of(n, struct held_datagram, node)->datagram;

        if (other->length == length && memcmp(other->bytes, bytes, length) == 0)
            return true;
    }
    return false;
}

void held_add(struct dtls *d, struct association *a, const struct datagram_path *path,
              const uint8_t *bytes, size_t length)
{
    struct handshake *h = a->handshake;
    struct held_datagram *held = NULL;

    if (holds(h, bytes, length))
        return;
    if (h->held_count < HANDSHAKE_HELD_MAX && length <= DATAGRAM_MAX)
        held = slab_take(&d->held_slab);
    if (!held) {
        counter_add(&d->counters[DTLS_DROPPED_NO_ROOM], 1);
        return;
    }
    held->node = (struct list_node){0};
    held->datagram.path = *path;
    held->datagram.length = (uint16_t)length;
    memcpy(held->datagram.bytes, bytes, length);
    list_append(&h->held, &held->node);
    h->held_count++;
}

static struct held_datagram *take(struct handshake *h)
{
    struct list_node *n = list_first(&h->held);

    if (!n)
        return NULL;
    list_remove(n);
    h->held_count--;
    return container_of(n, struct held_datagram, node);
}

void held_drop(struct dtls *d, struct handshake *h)
{
    struct held_datagram *held = take(h);

    if (held)
        slab_give(&d->held_slab, held);
}

static void receive(struct dtls *d, struct association *a, const struct datagram *g)
{
    struct records all;

    if (!records_open(&all, g->bytes, g->length) || !filter_allows(&a->filter, &all))
        counter_add(&d->counters[DTLS_DROPPED_FILTERED], 1);
    else if (a->handshake)
        handshake_receive(d, a, &g->path, &all);
    else
        living_receive(d, a, &g->path, &all);
}

/* All are taken out first: what is received may be held again, or end the handshake. */
void held_resume(struct dtls *d, struct association *a)
{
    struct held_datagram *all[HANDSHAKE_HELD_MAX];
    uint32_t count = 0;
    uint64_t id = a->id;

    while ((all[count] = take(a->handshake)) && ++count < HANDSHAKE_HELD_MAX)
        ;
    for (uint32_t i = 0; i < count; i++) {
        if (a->id == id)
            receive(d, a, &all[i]->datagram);
        slab_give(&d->held_slab, all[i]);
    }
}
