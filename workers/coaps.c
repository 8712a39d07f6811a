#include "workers/coaps.h"

#include "base/clock.h"
#include "base/list.h"
#include "workers/coaps_way.h"
#include "workers/device_name.h"
#include "workers/egress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024 /* a power of two */

struct coaps {
    struct dtls dtls;
    struct coaps_parts parts;
    uint8_t *room;              /* what the message layer writes into */
    struct slab lookups;        /* at most one for each handshake, and those that ended meanwhile */
    struct list by_id[BUCKETS]; /* look-ups, by association */
};

/* A handshake's look-up, from its question to its end. */
struct key_lookup {
    struct list_node node; /* first: the slab writes over it */
    struct coaps *coaps;
    uint64_t association;
    bool waiting;                   /* for the store */
    bool ended;                     /* the handshake */
    uint8_t name[DEVICE_NAME_SIZE]; /* of the device */
    char iccid[DEVICE_ICCID_MAX + 1];
    uint64_t psk_epoch; /* of the device, read before its keys: it is never newer than these */
    struct psk *newest; /* if it would be new to the store that the client has it, or NULL */
};

static struct list *bucket_of(struct coaps *c, uint64_t id)
{
    return &c->by_id[id & (BUCKETS - 1)]; /* ids are random */
}

static struct key_lookup *find_lookup(struct coaps *c, uint64_t id)
{
    struct list *bucket = bucket_of(c, id);

    for (struct list_node *n = bucket->head.next; n != &bucket->head; n = n->next) {
        struct key_lookup *l = container_of(n, struct key_lookup, node);

        if (l->association == id && !l->ended)
            return l;
    }
    return NULL;
}

static void release(struct key_lookup *l)
{
    struct coaps *c = l->coaps;

    if (l->waiting || !l->ended)
        return;
    list_remove(&l->node);
    if (l->newest)
        explicit_bzero(l->newest, sizeof(*l->newest));
    free(l->newest);
    l->newest = NULL;
    slab_give(&c->lookups, l);
}

/* The handshake is through, or over. */
static void end_lookup(struct key_lookup *l)
{
    l->ended = true;
    release(l);
}

static void take_key(struct dtls_key *to, const struct psk *key)
{
    to->length = (uint16_t)psk_bytes(key, to->bytes);
}

/* The newest key, and the last one that was proved where that is another. */
static void answer(struct key_lookup *l, const struct psk_record *record)
{
    struct coaps *c = l->coaps;
    struct dtls_psk psk = {.count = 1, .epoch = l->psk_epoch};

    memcpy(psk.identity, l->iccid, sizeof(l->iccid));
    take_key(&psk.keys[0], &record->newest);
    if (*record->proved.text && !psk_equal(&record->proved, &record->newest)) {
        take_key(&psk.keys[1], &record->proved);
        psk.count = 2;
    }
    if (psk_record_proves(record, &record->newest)) /* most are not worth a command */
        l->newest = malloc(sizeof(*l->newest));     /* without memory the next one proves it */
    if (l->newest)
        *l->newest = record->newest;
    dtls_psk_answer(&c->dtls, c->parts.resources->now, l->association, &psk);
    explicit_bzero(&psk, sizeof(psk));
}

static void answer_none(struct key_lookup *l)
{
    dtls_psk_answer(&l->coaps->dtls, l->coaps->parts.resources->now, l->association, NULL);
}

/* Without the store nobody can say. */
static void answer_failure(struct key_lookup *l, enum store_result result)
{
    if (result == STORE_ABSENT)
        answer_none(l);
    else
        dtls_psk_unavailable(&l->coaps->dtls, l->coaps->parts.resources->now, l->association);
}

static void on_keys(void *context, enum store_result result, const struct psk_record *record)
{
    struct key_lookup *l = context;

    l->waiting = false;
    if (l->ended)
        release(l);
    else if (result == STORE_OK)
        answer(l, record);
    else
        answer_failure(l, result);
}

static void find_keys(struct key_lookup *l, const struct device *device)
{
    memcpy(l->iccid, device->iccid, sizeof(l->iccid));
    l->psk_epoch = device->psk_epoch;
    l->waiting = true;
    store_psk_find(l->coaps->parts.resources->store, l->iccid, on_keys, l);
}

static void on_device(void *context, enum store_result result, const struct device *device)
{
    struct key_lookup *l = context;
    struct coaps *c = l->coaps;

    l->waiting = false;
    if (result == STORE_OK || result == STORE_ABSENT)
        admission_learn(c->parts.admission, c->parts.resources->now, l->name, device);
    if (l->ended)
        release(l);
    else if (result == STORE_OK)
        find_keys(l, device);
    else
        answer_failure(l, result);
}

static void ask_for_device(struct key_lookup *l)
{
    struct store_session *store = l->coaps->parts.resources->store;

    if (device_name_is_iccid(l->name))
        store_device_by_iccid(store, l->iccid, on_device, l);
    else
        store_device_by_address(store, l->name, on_device, l);
}

static void find_device(struct key_lookup *l)
{
    struct coaps *c = l->coaps;
    const struct device_entry *e =
        admission_find(c->parts.admission, c->parts.resources->now, l->name);

    if (e && e->registered) {
        find_keys(l, &e->device);
    } else if (e) {
        answer_none(l);
    } else {
        l->waiting = true;
        ask_for_device(l);
    }
}

/* The name of the device whose key it is: by its address, or by the identity that the client
 * claims. */
static bool name_device(struct key_lookup *l, const struct net_address *peer, const char *identity)
{
    if (!identity)
        return admission_identity(l->coaps->parts.admission, peer, l->name);
    if (!device_name_of_iccid(l->name, identity))
        return false;
    memcpy(l->iccid, identity, strlen(identity) + 1);
    return true;
}

static void on_lookup(void *context, const struct association *a, const char *identity)
{
    struct coaps *c = context;
    struct key_lookup *earlier = identity ? find_lookup(c, a->id) : NULL, *l;

    if (earlier) /* of an identity that was none */
        end_lookup(earlier);
    l = slab_take(&c->lookups);
    if (!l) {
        dtls_psk_unavailable(&c->dtls, c->parts.resources->now, a->id);
        return;
    }
    *l = (struct key_lookup){.coaps = c, .association = a->id};
    list_append(bucket_of(c, a->id), &l->node);
    if (name_device(l, &a->path.peer, identity))
        find_device(l);
    else
        answer_none(l);
}

static void on_established(void *context, const struct association *a, uint32_t key)
{
    struct coaps *c = context;
    struct key_lookup *l = find_lookup(c, a->id);

    if (!l)
        return;
    if (key == 0 && l->newest) /* the other one was proved before */
        store_psk_prove(c->parts.resources->store, l->iccid, l->newest);
    end_lookup(l);
}

static void on_ended(void *context, const struct association *a)
{
    struct key_lookup *l = find_lookup(context, a->id);

    if (l)
        end_lookup(l);
}

/* The association's key was found by its address, whose device is known since then. */
static void on_mismatch(void *context, const struct association *a, const char *claimed)
{
    struct coaps *c = context;
    struct admission *admission = c->parts.admission;
    struct device_entry *e = NULL;
    uint8_t address[16];

    if (admission_has_address(admission, &a->path.peer, address))
        e = admission_find_stale(admission, address);
    if (e && e->registered && admission->settings.check == IDENTITY_ENFORCE)
        admission_disagree(admission, c->parts.resources, e, &a->path.peer, claimed);
}

/* Nobody waits for it: the client sends again, and then it is known. */
static void on_learnt(void *context, enum store_result result, const struct device *device)
{
    struct key_lookup *l = context;
    struct coaps *c = l->coaps;

    l->waiting = false;
    if (result == STORE_OK || result == STORE_ABSENT)
        admission_learn(c->parts.admission, c->parts.resources->now, l->name, device);
    release(l);
}

static void learn(struct coaps *c, const uint8_t address[16])
{
    struct key_lookup *l = slab_take(&c->lookups);

    if (!l)
        return;
    *l = (struct key_lookup){.coaps = c, .waiting = true, .ended = true};
    memcpy(l->name, address, sizeof(l->name));
    list_append(bucket_of(c, 0), &l->node);
    store_device_by_address(c->parts.resources->store, address, on_learnt, l);
}

/* To another port, or another address of the same SIM; anywhere where the key says whose it is. */
static bool on_may_move(void *context, const struct association *a, const struct datagram_path *to)
{
    struct coaps *c = context;
    struct admission *admission = c->parts.admission;
    struct device_entry *e;
    uint8_t address[16];

    if (admission->settings.check != IDENTITY_ENFORCE)
        return true;
    if (!admission_identity(admission, &to->peer, address))
        return false;
    e = admission_find(admission, c->parts.resources->now, address);
    if (!e) {
        learn(c, address); /* perhaps at once */
        e = admission_find(admission, c->parts.resources->now, address);
    }
    if (!e || !e->registered)
        return false;
    if (strcmp(e->device.iccid, a->identity) == 0)
        return true;
    admission_disagree(admission, c->parts.resources, e, &to->peer, a->identity);
    return false;
}

static void on_datagram(void *context, const struct datagram_path *path, const uint8_t *bytes,
                        size_t length)
{
    const struct coap_output *sockets = ((struct coaps *)context)->parts.sockets;
    const struct coap_endpoint to = coap_endpoint_of(&path->peer);

    if (length > EGRESS_DATAGRAM_MAX)
        return;
    memcpy(sockets->room(sockets->context), bytes, length);
    sockets->send(sockets->context, &to, path, length);
}

static void on_message(void *context, const struct association *a, const uint8_t *bytes,
                       size_t length)
{
    struct coaps *c = context;
    struct arrival arrival = {.from = coap_endpoint_of_association(a->id),
                              .path = &a->path,
                              .psk_epoch = a->key_epoch,
                              .bytes = bytes,
                              .length = (uint16_t)length};

    memcpy(arrival.identity, a->identity, strnlen(a->identity, DEVICE_ICCID_MAX));
    c->parts.receive(c->parts.context, &arrival);
}

int coaps_open(struct coaps **coaps, const struct dtls_settings *settings,
               const struct coaps_parts *parts)
{
    struct coaps *c = calloc(1, sizeof(*c));
    struct dtls_handler handler = {.context = c,
                                   .datagram = on_datagram,
                                   .message = on_message,
                                   .lookup = on_lookup,
                                   .established = on_established,
                                   .mismatch = on_mismatch,
                                   .may_move = on_may_move,
                                   .ended = on_ended};
    int error;

    *coaps = c;
    if (!c)
        return -ENOMEM;
    c->parts = *parts;
    for (uint32_t i = 0; i < BUCKETS; i++)
        list_init(&c->by_id[i]);
    error = slab_init(&c->lookups, sizeof(struct key_lookup), 2 * settings->handshakes);
    return error ? error : dtls_init(&c->dtls, settings, &handler, parts->resources->random);
}

/* Nobody answers them any more. */
static void forget_lookups(struct coaps *c)
{
    struct list_node *n;

    for (uint32_t i = 0; i < BUCKETS; i++)
        while ((n = list_first(&c->by_id[i]))) {
            struct key_lookup *l = container_of(n, struct key_lookup, node);

            l->waiting = false;
            end_lookup(l);
        }
}

void coaps_close(struct coaps *c)
{
    if (!c)
        return;
    dtls_deinit(&c->dtls);
    forget_lookups(c);
    slab_deinit(&c->lookups);
    free(c);
}

static uint8_t *room(void *context)
{
    struct coaps *c = context;

    c->room = c->parts.sockets->room(c->parts.sockets->context);
    return c->room;
}

static void send_message(void *context, const struct coap_endpoint *to,
                         const struct datagram_path *path, size_t length)
{
    struct coaps *c = context;

    if (to->kind == COAP_ENDPOINT_ASSOCIATION)
        dtls_send(&c->dtls, c->parts.resources->now, to->network, c->room, length);
    else
        c->parts.sockets->send(c->parts.sockets->context, to, path, length);
}

struct coap_output coaps_output(struct coaps *c)
{
    return (struct coap_output){.context = c, .room = room, .send = send_message};
}

void coaps_receive(struct coaps *c, const struct datagram *const *batch, uint32_t count)
{
    struct coaps_way ways[COAPS_BATCH];

    coaps_ways_begin(ways, &c->dtls, &c->parts, batch, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct datagram *d = batch[i];

        coaps_ways_next(ways, &c->dtls, &c->parts, batch, count, i);
        dtls_expect(&c->dtls, &ways[i].ahead, &d->path);
        if (!d->truncated)
            dtls_receive(&c->dtls, c->parts.resources->now, &d->path, d->bytes, d->length);
    }
}

void coaps_end(struct coaps *c, uint64_t id)
{
    if (c)
        dtls_end(&c->dtls, c->parts.resources->now, id);
}

uint64_t coaps_deadline(const struct coaps *c)
{
    return c ? dtls_deadline(&c->dtls) : CLOCK_NEVER;
}

void coaps_advance(struct coaps *c)
{
    if (c)
        dtls_advance(&c->dtls, c->parts.resources->now);
}

void coaps_gather(struct coaps *c)
{
    if (c)
        dtls_gather(&c->dtls);
}

void coaps_count(const struct coaps *c, uint64_t sums[DTLS_COUNTERS])
{
    for (int i = 0; c && i < DTLS_COUNTERS; i++)
        sums[i] += counter_read(&c->dtls.counters[i]);
}

const struct counter_description *coaps_counters(uint32_t *count)
{
    *count = DTLS_COUNTERS;
    return dtls_counters;
}
