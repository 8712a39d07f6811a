#include "workers/coap/block.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

struct block1_transfer {
    struct list_node node;
    struct list_node in_bucket;
    struct coap_endpoint from;
    uint64_t options_hash; /* of the options without Block1 and Size1: what the payload is for */
    uint64_t expires;      /* nanoseconds, monotonic */
    size_t length;
    size_t capacity;
    uint8_t *bytes;
};

int block1_init(struct block1 *b, uint64_t budget, uint32_t max_payload)
{
    *b = (struct block1){.budget = budget, .max_payload = max_payload};
    list_init(&b->transfers);
    for (int i = 0; i < BLOCK1_BUCKETS; i++)
        list_init(&b->buckets[i]);
    return hash_key_draw(&b->key);
}

static void end_transfer(struct block1 *b, struct block1_transfer *t)
{
    list_remove(&t->node);
    list_remove(&t->in_bucket);
    b->used -= t->capacity + sizeof(*t);
    free(t->bytes);
    free(t);
}

void block1_deinit(struct block1 *b)
{
    struct list_node *n = b->transfers.head.next, *next;

    for (; n && n != &b->transfers.head; n = next) {
        next = n->next;
        end_transfer(b, container_of(n, struct block1_transfer, node));
    }
}

static struct list *bucket_of(struct block1 *b, const struct coap_endpoint *from)
{
    uint64_t words[2] = {from->network, from->kind};

    return &b->buckets[keyed_hash(&b->key, words, sizeof(words)) % BLOCK1_BUCKETS];
}

/* RFC 7959 §2.5: blocks belong together when all other options are the same. */
static uint64_t hash_options(const struct block1 *b, const struct coap_message *m)
{
    struct coap_options options = coap_message_options(m);
    struct coap_option o;
    uint64_t hash = m->code;

    while (coap_option_next(&options, &o)) {
        uint64_t words[3] = {hash, o.number, 0};

        if (o.number == COAP_OPTION_BLOCK1 || o.number == COAP_OPTION_SIZE1)
            continue;
        words[2] = keyed_hash(&b->key, o.value, o.length);
        hash = keyed_hash(&b->key, words, sizeof(words));
    }
    return hash;
}

/* The transfer that a block belongs to, or NULL. `*oldest` is the device's oldest when it has as
 * many as it may. */
static struct block1_transfer *find_transfer(struct block1 *b, const struct coap_endpoint *from,
                                             uint64_t options_hash, struct block1_transfer **oldest)
{
    struct block1_transfer *first = NULL, *found = NULL;
    struct list *bucket = bucket_of(b, from);
    uint32_t count = 0;

    for (struct list_node *n = bucket->head.next; n != &bucket->head; n = n->next) {
        struct block1_transfer *t = container_of(n, struct block1_transfer, in_bucket);

        if (t->from.network != from->network || t->from.kind != from->kind)
            continue;
        first = first ? first : t;
        count++;
        if (t->options_hash == options_hash && coap_endpoint_equal(&t->from, from))
            found = t;
    }
    *oldest = count >= BLOCK1_PER_DEVICE ? first : NULL;
    return found;
}

static void make_room(struct block1 *b, size_t bytes, const struct block1_transfer *keep)
{
    struct list_node *n = list_first(&b->transfers), *next;

    for (; n && n != &b->transfers.head && b->used + bytes > b->budget; n = next) {
        struct block1_transfer *t = container_of(n, struct block1_transfer, node);

        next = n->next;
        if (t == keep)
            continue;
        b->evicted++;
        end_transfer(b, t);
    }
}

static struct block1_transfer *start_transfer(struct block1 *b, const struct coap_endpoint *from,
                                              uint64_t options_hash)
{
    struct block1_transfer *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    make_room(b, sizeof(*t), NULL);
    t->from = *from;
    t->options_hash = options_hash;
    b->used += sizeof(*t);
    list_append(&b->transfers, &t->node);
    list_append(bucket_of(b, from), &t->in_bucket);
    return t;
}

/* False when there is no memory, or the budget is not enough for this transfer alone. */
static bool grow(struct block1 *b, struct block1_transfer *t, size_t capacity)
{
    size_t more = capacity - t->capacity;
    uint8_t *grown;

    make_room(b, more, t);
    if (b->used + more > b->budget)
        return false;
    grown = realloc(t->bytes, capacity);
    if (!grown)
        return false;
    b->used += more;
    t->bytes = grown;
    t->capacity = capacity;
    return true;
}

static bool append(struct block1 *b, struct block1_transfer *t, const uint8_t *bytes, size_t length)
{
    size_t capacity = t->capacity;

    while (capacity < t->length + length)
        capacity = capacity ? capacity * 2 : 1024;
    if (capacity != t->capacity && !grow(b, t, capacity))
        return false;
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
    return true;
}

/* The transfer that the block continues or, with its first block, starts; NULL: 4.08. */
static struct block1_transfer *transfer_of(struct block1 *b, const struct coap_endpoint *from,
                                           const struct coap_message *m,
                                           const struct coap_block *block)
{
    uint64_t options_hash = hash_options(b, m);
    uint64_t offset = (uint64_t)block->number * coap_block_size(block);
    struct block1_transfer *oldest;
    struct block1_transfer *t = find_transfer(b, from, options_hash, &oldest);

    if (block->number == 0) { /* RFC 7959 §2.5: the first block starts afresh */
        if (t || oldest)
            end_transfer(b, t ? t : oldest);
        return start_transfer(b, from, options_hash);
    }
    return t && t->length == offset ? t : NULL;
}

static uint8_t receive_block(struct block1 *b, uint64_t now, const struct coap_endpoint *from,
                             const struct coap_message *m, const struct coap_block *block,
                             struct block1_payload *whole)
{
    struct block1_transfer *t = transfer_of(b, from, m, block);

    if (!t)
        return COAP_REQUEST_ENTITY_INCOMPLETE;
    if (t->length + m->payload_length > b->max_payload) {
        end_transfer(b, t);
        return COAP_REQUEST_ENTITY_TOO_LARGE;
    }
    if (!append(b, t, m->payload, m->payload_length)) {
        end_transfer(b, t);
        return COAP_SERVICE_UNAVAILABLE;
    }
    t->expires = now + COAP_EXCHANGE_LIFETIME * CLOCK_SECOND;
    list_remove(&t->node);
    list_append(&b->transfers, &t->node);
    if (block->more)
        return COAP_CONTINUE;
    *whole = (struct block1_payload){.bytes = t->bytes, .length = t->length, .transfer = t};
    return 0;
}

uint8_t block1_receive(struct block1 *b, uint64_t now, const struct coap_endpoint *from,
                       const struct coap_message *m, const struct coap_request *r,
                       struct block1_payload *whole)
{
    const struct coap_block *block = &r->block1;

    if (block->szx > COAP_BLOCK_SZX_MAX)
        return COAP_BAD_REQUEST;
    if (m->payload_length > b->max_payload || r->size1 > b->max_payload)
        return COAP_REQUEST_ENTITY_TOO_LARGE;
    if (!block->present || (block->number == 0 && !block->more)) {
        *whole = (struct block1_payload){.bytes = m->payload, .length = m->payload_length};
        return 0;
    }
    if (m->payload_length > coap_block_size(block) ||
        (block->more && m->payload_length != coap_block_size(block)))
        return COAP_BAD_REQUEST;
    return receive_block(b, now, from, m, block, whole);
}

void block1_release(struct block1 *b, struct block1_payload *whole)
{
    if (whole->transfer)
        end_transfer(b, whole->transfer);
    *whole = (struct block1_payload){0};
}

uint64_t block1_deadline(const struct block1 *b)
{
    struct list_node *n = list_first(&b->transfers);

    return n ? container_of(n, struct block1_transfer, node)->expires : CLOCK_NEVER;
}

void block1_advance(struct block1 *b, uint64_t now)
{
    struct list_node *n = b->transfers.head.next, *next;

    for (; n != &b->transfers.head; n = next) {
        struct block1_transfer *t = container_of(n, struct block1_transfer, node);

        next = n->next;
        if (t->expires > now)
            return;
        end_transfer(b, t);
    }
}

bool block2_cut(struct coap_response *response, const struct coap_block *wanted)
{
    struct coap_block block = {.szx = COAP_BLOCK_SZX_MAX};
    uint32_t size, offset, total = response->payload_length;

    if (wanted->present)
        block = *wanted;
    else if (total <= coap_block_size(&block))
        return true;
    if (block.szx > COAP_BLOCK_SZX_MAX)
        return false;
    size = coap_block_size(&block);
    offset = block.number * size;
    if (offset >= total && offset > 0)
        return false;
    block.more = total - offset > size;
    response->payload += offset;
    response->payload_length = block.more ? size : total - offset;
    response->block2 = coap_block_encode(&block);
    if (block.number == 0)
        response->size2 = total;
    return true;
}
