#include "workers/coap/exchange_reply.h"

#include "base/clock.h"

#include <errno.h>

/* How long a sweep of the deduplication table waits for the next, and for the rest of its own. */
#define SWEEP_PERIOD CLOCK_SECOND
#define SWEEP_PAUSE  (10 * CLOCK_MILLISECOND)

/* How often the empty ACK of an exchange that is held is tried again. */
#define HOLD_PAUSE (50 * CLOCK_MILLISECOND)

int exchanges_init(struct exchanges *e, const struct exchange_settings *settings,
                   const struct coap_output *output, const struct exchange_handler *handler,
                   struct random_source *random)
{
    int error;

    *e = (struct exchanges){.settings = *settings, .output = *output, .handler = *handler};
    error = slab_init(&e->slab, sizeof(struct exchange), settings->max_exchanges);
    if (!error)
        error = timer_heap_init(&e->timers, settings->max_exchanges);
    if (!error)
        error = dedup_init(&e->dedup, settings->dedup_memory, settings->dedup_per_device, random);
    if (!error)
        error = separates_init(&e->separates, settings->max_exchanges, &settings->transmission,
                               output, random);
    return error;
}

void exchanges_deinit(struct exchanges *e)
{
    separates_deinit(&e->separates);
    dedup_deinit(&e->dedup);
    timer_heap_deinit(&e->timers);
    slab_deinit(&e->slab);
}

/* A message that came, with all that answering it takes. */
struct incoming {
    uint64_t now;
    const struct coap_endpoint *from;
    struct dedup_place place;
    const struct datagram_path *path;
    struct coap_message m;
    uint32_t request_hash;
    bool conflicts;
};

static void count(struct exchanges *e, enum coap_counter counter)
{
    counter_add(&e->counters[counter], 1);
}

/* RFC 7252 §4.2: a confirmable message that cannot be processed is rejected by a reset, any other
 * is ignored (§4.3). */
static void reject(struct exchanges *e, const struct incoming *in)
{
    if (in->m.type == COAP_CON)
        exchange_send_empty(e, in->from, in->path, COAP_RST, in->m.id);
}

static void piggyback(struct exchanges *e, const struct incoming *in, uint32_t block1, uint8_t code)
{
    struct coap_response response = coap_response_of(code);

    exchange_complete(e, &response, block1);
    exchange_piggyback(e, in->from, in->path, in->m.id, &in->m.token, &response);
}

/* The same response again, rebuilt from the duplicate's Message ID, token and options. */
static void answer_duplicate(struct exchanges *e, const struct incoming *in, uint8_t code)
{
    struct coap_request r;

    count(e, COAP_DUPLICATES_ANSWERED);
    coap_request_read(&r, &in->m);
    if (coap_suppresses(r.no_response, code))
        exchange_send_empty(e, in->from, in->path, COAP_ACK, in->m.id);
    else
        piggyback(e, in, r.block1.present ? coap_block_encode(&r.block1) : COAP_ABSENT, code);
}

/* A request whose Message ID is remembered (RFC 7252 §4.5). */
static void receive_duplicate(struct exchanges *e, const struct incoming *in,
                              const struct dedup_entry *known)
{
    if (in->m.type == COAP_NON) {
        count(e, COAP_DUPLICATES_NON);
    } else if (known->state == DEDUP_SETTLED) {
        answer_duplicate(e, in, known->code);
    } else {
        count(e, COAP_DUPLICATES_IN_PROGRESS);
        if (known->state == DEDUP_ACKNOWLEDGED)
            exchange_send_empty(e, in->from, in->path, COAP_ACK, in->m.id);
    }
}

/* Whether the request was seen before and is dealt with. */
static bool deduplicate(struct exchanges *e, struct incoming *in)
{
    uint32_t found = dedup_find(&e->dedup, in->now, in->from, in->m.id, in->place);
    const struct dedup_entry *known;

    if (found == DEDUP_NONE)
        return false;
    known = dedup_entry(&e->dedup, found);
    if (known->request_hash != in->request_hash) {
        count(e, COAP_MID_CONFLICTS);
        e->handler.conflict(e->handler.context, in->path);
        if (e->settings.mid_conflict == MID_CONFLICT_PROCESS && known->state == DEDUP_SETTLED) {
            dedup_forget(&e->dedup, found);
            in->conflicts = true;
            return false;
        }
    }
    receive_duplicate(e, in, known);
    return true;
}

static void arm(struct exchanges *e, struct exchange *x)
{
    uint64_t due = x->deadline < x->acknowledge ? x->deadline : x->acknowledge;

    if (due != CLOCK_NEVER)
        timer_arm(&e->timers, &x->timer, due);
}

/* Hands a new request up. */
static void start_exchange(struct exchanges *e, const struct incoming *in)
{
    struct exchange *x = slab_take(&e->slab);

    if (!x) {
        count(e, COAP_OVERLOADED);
        if (in->m.type == COAP_CON)
            piggyback(e, in, COAP_ABSENT, COAP_SERVICE_UNAVAILABLE);
        return;
    }
    *x = (struct exchange){.received = in->now,
                           .acknowledge = in->m.type == COAP_CON ? in->now + e->settings.ack_delay
                                                                 : CLOCK_NEVER,
                           .deadline = CLOCK_NEVER,
                           .from = *in->from,
                           .path = *in->path,
                           .type = in->m.type,
                           .id = in->m.id,
                           .code = in->m.code,
                           .token = in->m.token,
                           .block1 = COAP_ABSENT,
                           .request_hash = in->request_hash,
                           .conflicts = in->conflicts,
                           .remembered = DEDUP_NONE,
                           .place = in->place};
    e->current = x;
    e->handler.request(e->handler.context, x, &in->m);
    if (e->current)
        arm(e, x);
    e->current = NULL;
}

/* Of everything but the type. All gateways agree on it, so it has no secret key: a device that
 * makes two requests collide fools itself. */
static uint32_t hash_request(const uint8_t *bytes, size_t length)
{
    static const struct hash_key shared = {{0, 0}};

    return (uint32_t)keyed_hash(&shared, bytes + 1, length - 1);
}

/* Of the methods, only POST is not safe to repeat and is served at all. */
static void receive_request(struct exchanges *e, struct incoming *in, const uint8_t *bytes,
                            size_t length)
{
    count(e, in->m.type == COAP_CON ? COAP_RECEIVED_CON : COAP_RECEIVED_NON);
    if (in->m.code == COAP_POST) {
        in->request_hash = hash_request(bytes, length);
        if (deduplicate(e, in))
            return;
    }
    start_exchange(e, in);
}

/* An empty confirmable message is a ping, and the reset answers it; a response that nobody asked
 * for is rejected (RFC 7252 §4.2, §4.3). */
static void receive_other(struct exchanges *e, const struct incoming *in)
{
    if (in->m.code != COAP_EMPTY || in->m.type != COAP_CON)
        count(e, COAP_DROPPED_UNEXPECTED);
    reject(e, in);
}

/* A reset is empty, and an acknowledgement carries no request (RFC 7252 §4.2). */
static bool is_reply(const struct coap_message *m)
{
    if (m->code == COAP_EMPTY)
        return true;
    return m->type == COAP_ACK && COAP_CODE_CLASS(m->code) != 0;
}

/* An acknowledgement or a reset: of a separate response, or of nothing that we remember. */
static void receive_reply(struct exchanges *e, const struct incoming *in)
{
    count(e, in->m.type == COAP_ACK ? COAP_RECEIVED_ACK : COAP_RECEIVED_RST);
    if (!is_reply(&in->m) || !separates_finish(&e->separates, in->now, in->from, in->m.id))
        count(e, COAP_DROPPED_UNEXPECTED);
}

struct dedup_place exchanges_place(const struct exchanges *e, const struct coap_endpoint *from,
                                   const uint8_t *bytes, size_t length)
{
    struct cursor c = cursor_over(bytes, length);

    cursor_u16(&c);
    return dedup_place(&e->dedup, from, cursor_u16(&c)); /* the Message ID, RFC 7252 §3 */
}

void exchanges_receive(struct exchanges *e, uint64_t now, const struct coap_endpoint *from,
                       struct dedup_place place, const struct datagram_path *path,
                       const uint8_t *bytes, size_t length)
{
    struct incoming in = {.now = now, .from = from, .place = place, .path = path};

    switch (coap_message_parse(&in.m, bytes, length)) {
    case COAP_NO_MESSAGE:
        count(e, COAP_DROPPED_NO_MESSAGE);
        return;
    case COAP_MALFORMED:
        count(e, COAP_DROPPED_MALFORMED);
        reject(e, &in);
        return;
    case COAP_PARSED:
        break;
    }
    if (in.m.type == COAP_ACK || in.m.type == COAP_RST)
        receive_reply(e, &in);
    else if (COAP_CODE_CLASS(in.m.code) == 0 && in.m.code != COAP_EMPTY)
        receive_request(e, &in, bytes, length);
    else
        receive_other(e, &in);
}

bool exchange_remember(struct exchanges *e, uint64_t now, struct exchange *x)
{
    uint32_t lifetime = x->type == COAP_CON ? COAP_EXCHANGE_LIFETIME : COAP_NON_LIFETIME;

    if (x->code != COAP_POST)
        return true;
    x->remembered =
        dedup_insert(&e->dedup, now, &x->from, x->id, x->place, x->request_hash, lifetime);
    if (e->next_sweep == 0)
        e->next_sweep = now + SWEEP_PERIOD;
    return x->remembered != DEDUP_NONE;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t exchanges_deadline(const struct exchanges *e)
{
    uint64_t timers = timer_heap_deadline(&e->timers);
    uint64_t sweep = e->next_sweep ? e->next_sweep : CLOCK_NEVER;

    return earlier(earlier(timers, sweep), separates_deadline(&e->separates));
}

/* The device must not wait longer for a sign that its request was heard (RFC 7252 §5.2.2). */
static void acknowledge(struct exchanges *e, uint64_t now, struct exchange *x)
{
    if (x->held) {
        x->acknowledge = now + HOLD_PAUSE;
        return;
    }
    x->acknowledge = CLOCK_NEVER;
    x->acknowledged = true;
    if (x->remembered != DEDUP_NONE)
        dedup_entry(&e->dedup, x->remembered)->state = DEDUP_ACKNOWLEDGED;
    exchange_send_empty(e, &x->from, &x->path, COAP_ACK, x->id);
}

static void advance_exchange(struct exchanges *e, uint64_t now, struct exchange *x)
{
    if (now >= x->acknowledge)
        acknowledge(e, now, x);
    if (now < x->deadline) {
        arm(e, x);
        return;
    }
    x->deadline = CLOCK_NEVER;
    e->current = x;
    e->handler.expired(e->handler.context, x);
    if (e->current)
        arm(e, x);
    e->current = NULL;
}

static void sweep(struct exchanges *e, uint64_t now)
{
    bool more = dedup_sweep(&e->dedup, now);

    e->next_sweep = e->dedup.entries.used ? now + (more ? SWEEP_PAUSE : SWEEP_PERIOD) : 0;
}

void exchanges_advance(struct exchanges *e, uint64_t now)
{
    struct timer_node *n;

    while ((n = timer_heap_expire(&e->timers, now)))
        advance_exchange(e, now, container_of(n, struct exchange, timer));
    separates_advance(&e->separates, now);
    if (e->next_sweep && now >= e->next_sweep)
        sweep(e, now);
}

void exchanges_gather(struct exchanges *e)
{
    counter_set(&e->counters[COAP_RETRANSMISSIONS], e->separates.retransmissions);
    counter_set(&e->counters[COAP_SEPARATE_GIVEN_UP], e->separates.given_up);
    counter_set(&e->counters[COAP_SEPARATE_NO_ROOM], e->separates.no_room);
    counter_set(&e->counters[COAP_DEDUP_ENTRIES], e->dedup.entries.used);
    counter_set(&e->counters[COAP_DEDUP_EVICTED], e->dedup.evicted);
    counter_set(&e->counters[COAP_EXCHANGES], e->slab.used);
}
