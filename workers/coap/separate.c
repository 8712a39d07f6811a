#include "workers/coap/separate.h"

#include "base/pages.h"

#include <errno.h>
#include <string.h>

struct separate {
    struct list_node in_bucket;
    struct timer_node timer; /* armed: it is the one of its endpoint that was sent */
    struct coap_endpoint to;
    struct datagram_path path;
    uint64_t timeout; /* nanoseconds, doubled with each retransmission */
    uint32_t retransmissions;
    uint16_t id;
    uint16_t length;
    uint8_t bytes[COAP_MESSAGE_MAX];
};

int separates_init(struct separates *s, uint32_t capacity,
                   const struct transmission_settings *settings, const struct coap_output *output,
                   struct random_source *random)
{
    uint32_t buckets = 1;

    while (buckets < capacity)
        buckets <<= 1;
    *s = (struct separates){.bucket_mask = buckets - 1,
                            .random = random,
                            .settings = *settings,
                            .output = *output,
                            .buckets = pages_map(buckets * sizeof(struct list))};
    if (!s->buckets || slab_init(&s->responses, sizeof(struct separate), capacity) ||
        timer_heap_init(&s->timers, capacity))
        return -ENOMEM;
    return hash_key_draw(&s->key);
}

void separates_deinit(struct separates *s)
{
    pages_unmap(s->buckets, ((size_t)s->bucket_mask + 1) * sizeof(struct list));
    slab_deinit(&s->responses);
    timer_heap_deinit(&s->timers);
    *s = (struct separates){0};
}

/* A bucket of zeros was never used. */
static struct list *bucket_of(struct separates *s, const struct coap_endpoint *e)
{
    uint64_t device[2] = {e->network, e->kind};
    struct list *bucket = &s->buckets[keyed_hash(&s->key, device, sizeof(device)) & s->bucket_mask];

    if (!bucket->head.next)
        list_init(bucket);
    return bucket;
}

/* The oldest response to the endpoint in its bucket, the one that is being sent; or NULL. */
static struct separate *first_to(const struct list *bucket, const struct coap_endpoint *e)
{
    for (struct list_node *n = bucket->head.next; n != &bucket->head; n = n->next) {
        struct separate *r = container_of(n, struct separate, in_bucket);

        if (coap_endpoint_equal(&r->to, e))
            return r;
    }
    return NULL;
}

static bool device_has_room(const struct list *bucket, const struct coap_endpoint *e)
{
    uint32_t count = 0;

    for (struct list_node *n = bucket->head.next; n != &bucket->head; n = n->next) {
        const struct separate *r = container_of(n, struct separate, in_bucket);

        count += r->to.network == e->network && r->to.kind == e->kind;
    }
    return count < SEPARATES_PER_DEVICE;
}

static void transmit(struct separates *s, uint64_t now, struct separate *r)
{
    memcpy(s->output.room(s->output.context), r->bytes, r->length);
    s->output.send(s->output.context, &r->to, &r->path, r->length);
    timer_arm(&s->timers, &r->timer, now + r->timeout);
}

/* RFC 7252 §4.2: the first timeout is random between ACK_TIMEOUT and that times the factor. */
static void start(struct separates *s, uint64_t now, struct separate *r)
{
    double spread = (s->settings.ack_random_factor - 1) * (double)s->settings.ack_timeout;
    double fraction = random_below(s->random, 1u << 16) / 65536.0;

    r->timeout = s->settings.ack_timeout + (uint64_t)(spread * fraction);
    transmit(s, now, r);
}

void separates_send(struct separates *s, uint64_t now, const struct coap_endpoint *to,
                    const struct datagram_path *path, uint16_t id, const uint8_t *bytes,
                    size_t length)
{
    struct list *bucket = bucket_of(s, to);
    struct separate *first = first_to(bucket, to);
    struct separate *r = NULL;

    if (length <= COAP_MESSAGE_MAX && device_has_room(bucket, to))
        r = slab_take(&s->responses);
    if (!r) {
        s->no_room++;
        return;
    }
    r->in_bucket = (struct list_node){0};
    r->timer = (struct timer_node){0};
    r->to = *to;
    r->path = *path;
    r->retransmissions = 0;
    r->id = id;
    r->length = (uint16_t)length;
    memcpy(r->bytes, bytes, length);
    list_append(bucket, &r->in_bucket);
    if (!first)
        start(s, now, r);
}

static void drop(struct separates *s, struct separate *r)
{
    timer_disarm(&s->timers, &r->timer);
    list_remove(&r->in_bucket);
    slab_give(&s->responses, r);
}

bool separates_finish(struct separates *s, uint64_t now, const struct coap_endpoint *from,
                      uint16_t id)
{
    struct list *bucket = bucket_of(s, from);
    struct separate *r = first_to(bucket, from);

    if (!r || r->id != id)
        return false;
    drop(s, r);
    r = first_to(bucket, from);
    if (r)
        start(s, now, r);
    return true;
}

static void give_up(struct separates *s, struct separate *r)
{
    struct coap_endpoint to = r->to;
    struct list *bucket = bucket_of(s, &to);

    for (; r; r = first_to(bucket, &to)) {
        s->given_up++;
        drop(s, r);
    }
}

uint64_t separates_deadline(const struct separates *s)
{
    return timer_heap_deadline(&s->timers);
}

void separates_advance(struct separates *s, uint64_t now)
{
    struct timer_node *n;

    while ((n = timer_heap_expire(&s->timers, now))) {
        struct separate *r = container_of(n, struct separate, timer);

        if (r->retransmissions == s->settings.max_retransmit) {
            give_up(s, r);
            continue;
        }
        r->retransmissions++;
        s->retransmissions++;
        r->timeout *= 2;
        transmit(s, now, r);
    }
}
