#include "workers/resources/telemetry.h"

#include "workers/resources/envelope.h"
#include "workers/resources/translation.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Holds the envelope and topic of 1,024 payload bytes; larger ones are allocated. */
#define JOB_MEMORY 2432

struct telemetry_job {
    struct outbound outbound;
    struct resources *resources;
    struct exchange *exchange;     /* NULL when the device was answered before the publisher was */
    struct store_exchange_key key; /* where exchanges are shared */
    uint32_t request_hash;
    bool confirmable;
    bool reserved; /* the store said that the exchange is ours */
    /* what the translation of the payload entails, in the job's memory, or NULL */
    const struct translation_sequel *sequel;
    uint8_t *memory;  /* `inline_memory`, or allocated */
    size_t allocated; /* bytes, or 0 */
    uint8_t inline_memory[JOB_MEMORY];
};

int telemetry_init(struct telemetry *t, const struct telemetry_settings *settings)
{
    *t = (struct telemetry){.settings = *settings};
    return slab_init(&t->jobs, sizeof(struct telemetry_job), settings->max_jobs);
}

void telemetry_deinit(struct telemetry *t)
{
    slab_deinit(&t->jobs);
}

/* Memory of the job's own where that is enough, and otherwise allocated, within the budget. */
static bool take_memory(struct telemetry *t, struct telemetry_job *job, size_t bytes)
{
    job->memory = job->inline_memory;
    job->allocated = 0;
    if (bytes <= JOB_MEMORY)
        return true;
    if (t->allocated + bytes > t->settings.payload_memory)
        return false;
    job->memory = malloc(bytes);
    if (!job->memory)
        return false;
    job->allocated = bytes;
    t->allocated += bytes;
    return true;
}

/* A job with `bytes` of memory, or NULL. */
static struct telemetry_job *take_job(struct telemetry *t, size_t bytes)
{
    struct telemetry_job *job = slab_take(&t->jobs);

    if (!job)
        return NULL;
    if (!take_memory(t, job, bytes)) {
        slab_give(&t->jobs, job);
        return NULL;
    }
    job->exchange = NULL;
    job->reserved = false;
    job->sequel = NULL;
    job->outbound = (struct outbound){.publication = {.context = &job->outbound}};
    return job;
}

static void give_job(struct telemetry *t, struct telemetry_job *job)
{
    if (job->allocated)
        free(job->memory);
    t->allocated -= job->allocated;
    slab_give(&t->jobs, job);
}

/* The form of an exchange's name that all gateways agree on. It is kept in the store by the
 * million, so it has no byte too many; its length tells the kinds of endpoints apart. */
static struct store_exchange_key store_key(const struct exchange *x)
{
    struct store_exchange_key key;
    struct writer w = writer_over(key.bytes, sizeof(key.bytes));

    if (x->from.kind == COAP_ENDPOINT_ASSOCIATION) {
        writer_bytes(&w, &x->from.network, 8);
    } else {
        bool v4 = x->from.kind == COAP_ENDPOINT_IPV4;

        writer_bytes(&w, x->path.peer.ip + (v4 ? 12 : 0), v4 ? 4 : 16);
        writer_u16(&w, x->from.port);
    }
    writer_u16(&w, x->id);
    key.length = (uint8_t)writer_length(&w);
    return key;
}

/* A text of the job's own. */
static const char *keep_text(struct writer *w, const char *text)
{
    const char *kept = (const char *)w->at;

    writer_bytes(w, text, strlen(text) + 1);
    return kept;
}

static void add_property(struct publication *p, struct writer *w, const char *name,
                         const char *value)
{
    p->properties[p->property_count++] =
        (struct publication_property){.name = name, .value = keep_text(w, value)};
}

/* The payload as it came, or as it was translated, and what the envelope would say in user
 * properties. */
static void write_raw(struct publication *p, struct writer *w, const struct envelope *e)
{
    char ip[NET_ADDRESS_TEXT];

    add_property(p, w, "iccid", e->device->iccid);
    add_property(p, w, "ip", net_ip_format(e->ip, ip));
    add_property(p, w, "received", e->time->received);
    add_property(p, w, "id", e->id);
    if (e->is_translated)
        add_property(p, w, "type", "JSON");
    p->payload = w->at;
    writer_bytes(w, e->payload, e->payload_length);
}

static void write_publication(struct publication *p, struct writer *w,
                              const struct telemetry_settings *settings, const struct envelope *e)
{
    p->topic = (const char *)w->at;
    topic_expand(&settings->topic, w, e->device, e->topic);
    writer_u8(w, 0);
    if (settings->format == TELEMETRY_RAW) {
        write_raw(p, w, e);
    } else {
        p->payload = w->at;
        envelope_write(w, e);
    }
    p->payload_length = (uint32_t)(w->at - p->payload);
}

/* The bytes that a publication may have, and what has to be remembered beside it. */
static size_t room_for(const struct telemetry_settings *settings, const struct envelope *e,
                       const struct translation *t)
{
    size_t value = e->is_translated ? e->payload_length : (e->payload_length + 2) / 3 * 4;

    return settings->topic.longest + 1 + e->topic->length + value + ENVELOPE_OVERHEAD +
           (t->has_sequel ? alignof(struct translation_sequel) + sizeof(t->sequel) : 0);
}

/* What is to be done once the message is ours stays with the job. */
static void keep_sequel(struct telemetry_job *job, struct writer *w, const struct translation *t)
{
    size_t padding = -(uintptr_t)w->at % alignof(struct translation_sequel);
    uint8_t *kept;

    if (!t->has_sequel)
        return;
    writer_reserve(w, padding);
    kept = writer_reserve(w, sizeof(t->sequel));
    if (!kept)
        return;
    memcpy(kept, &t->sequel, sizeof(t->sequel));
    job->sequel = (const struct translation_sequel *)kept;
}

/* A job with the publication that the envelope describes. NULL when there is no room. */
static struct telemetry_job *make_job(struct resources *r, const struct resource_request *request,
                                      const struct envelope *e, const struct translation *t)
{
    const struct telemetry_settings *settings = &r->telemetry->settings;
    size_t bytes = room_for(settings, e, t);
    struct telemetry_job *job = take_job(r->telemetry, bytes);
    struct writer w;

    if (!job)
        return NULL;
    w = writer_over(job->memory, bytes > JOB_MEMORY ? bytes : JOB_MEMORY);
    job->outbound.publication.deadline = r->now + settings->deadline;
    job->outbound.publication.order_key = request->order_key;
    write_publication(&job->outbound.publication, &w, settings, e);
    keep_sequel(job, &w, t);
    if (w.failed) {
        give_job(r->telemetry, job);
        return NULL;
    }
    return job;
}

/* Makes the publication of a payload. NULL when there is no room. */
static struct telemetry_job *prepare(struct resources *r, const struct resource_request *request,
                                     const struct coap_text *topic,
                                     const struct block1_payload *payload)
{
    struct translation translation;
    char id[ENVELOPE_ID_SIZE];
    struct envelope e = {.device = request->device,
                         .ip = request->exchange->path.peer.ip,
                         .topic = topic,
                         .payload = payload->bytes,
                         .payload_length = payload->length,
                         .time = &r->wall,
                         .id = id};

    envelope_make_id(id, &r->wall, r->random);
    translate(&translation, r, request, payload->bytes, payload->length);
    e.is_translated = translation.json != NULL;
    if (e.is_translated) {
        e.payload = translation.json;
        e.payload_length = translation.length;
    }
    e.is_json = e.is_translated || (r->telemetry->settings.parse_json &&
                                    envelope_is_json(payload->bytes, payload->length));
    return make_job(r, request, &e, &translation);
}

static uint8_t code_of(enum publish_result result)
{
    switch (result) {
    case PUBLISH_ACKNOWLEDGED:
        return COAP_CHANGED;
    case PUBLISH_NOT_AUTHORIZED:
        return COAP_FORBIDDEN;
    case PUBLISH_QUOTA_EXCEEDED:
    case PUBLISH_OVERLOADED:
        return COAP_SERVICE_UNAVAILABLE;
    case PUBLISH_WITHDRAWN:
        return COAP_GATEWAY_TIMEOUT;
    default:
        return COAP_BAD_GATEWAY;
    }
}

/* Answers the device and tells the other gateways how. */
static void answer(struct resources *r, struct telemetry_job *job, uint8_t code)
{
    struct exchange *x = job->exchange;
    uint64_t life = job->confirmable ? COAP_EXCHANGE_LIFETIME : COAP_NON_LIFETIME;

    job->exchange = NULL;
    x->work = NULL;
    if (job->reserved) /* else another gateway's outcome may be there */
        store_exchange_settle(r->store, &job->key, code, job->request_hash, life * CLOCK_SECOND);
    resource_respond_code(r, x, code);
}

/* The publisher has a result. */
static void finish(struct resources *r, struct outbound *outbound, enum publish_result result)
{
    struct telemetry_job *job = container_of(outbound, struct telemetry_job, outbound);

    if (job->exchange)
        answer(r, job, code_of(result));
    give_job(r->telemetry, job);
}

/* The message is ours to publish. */
static void submit(struct resources *r, struct telemetry_job *job)
{
    enum publish_result result;

    if (job->sequel)
        translation_follow(r, job->sequel, job->exchange->path.peer.ip);
    result = publisher_submit(r->publisher, &job->outbound.publication);

    if (result != PUBLISH_PENDING)
        finish(r, &job->outbound, result);
    else if (r->telemetry->settings.ack == TELEMETRY_ACK_QUEUED)
        answer(r, job, COAP_CHANGED);
}

/* The store has no answer: the message is answered with that, or goes on with nothing but this
 * gateway's own memory of what was answered. */
static void go_on_without(struct resources *r, struct telemetry_job *job, enum store_result result)
{
    if (r->serves_degraded && resource_store_is_gone(result)) {
        r->telemetry->unshared++;
        submit(r, job);
        return;
    }
    job->exchange->work = NULL;
    resource_respond_code(r, job->exchange, resource_store_code(result));
    give_job(r->telemetry, job);
}

/* Another gateway answered the request, or is at work on it. */
static void repeat(struct resources *r, struct telemetry_job *job,
                   const struct store_exchange *found)
{
    struct exchange *x = job->exchange;
    bool settled = found->state == STORE_EXCHANGE_SETTLED;

    if (found->request_hash != job->request_hash && exchange_conflicts(r->exchanges, x) &&
        settled) {
        job->reserved = true; /* the outcome of this one takes the other's place */
        submit(r, job);
        return;
    }
    x->work = NULL;
    if (settled)
        exchange_repeat(r->exchanges, r->now, x, found->code);
    else
        exchange_leave(r->exchanges, x);
    give_job(r->telemetry, job);
}

static void on_reserved(void *context, enum store_result result, const struct store_exchange *found)
{
    struct telemetry_job *job = context;
    struct resources *r = job->resources;
    bool ours = result == STORE_OK && found->state == STORE_EXCHANGE_RESERVED;

    if (!job->exchange) { /* the deadline was first */
        if (ours)
            store_exchange_release(r->store, &job->key);
        give_job(r->telemetry, job);
        return;
    }
    exchange_release(job->exchange);
    job->reserved = ours;
    if (ours)
        submit(r, job);
    else if (result == STORE_OK)
        repeat(r, job, found);
    else
        go_on_without(r, job, result);
}

static void reserve(struct resources *r, struct telemetry_job *job)
{
    uint64_t life = r->telemetry->settings.deadline + TELEMETRY_RESERVATION_GRACE;

    if (!store_shares_exchanges(r->store)) {
        submit(r, job);
        return;
    }
    job->resources = r;
    job->key = store_key(job->exchange);
    exchange_hold(job->exchange);
    store_exchange_reserve(r->store, &job->key, job->request_hash, life, on_reserved, job);
}

static void publish(struct resources *r, const struct resource_request *request,
                    const struct coap_text *topic, const struct block1_payload *payload)
{
    struct exchange *x = request->exchange;
    struct telemetry_job *job;

    if (!publisher_lane_ready(r->publisher, request->order_key)) {
        resource_respond_code(r, x, COAP_BAD_GATEWAY);
        return;
    }
    job = prepare(r, request, topic, payload);
    if (!job) {
        resource_respond_code(r, x, COAP_SERVICE_UNAVAILABLE);
        return;
    }
    job->outbound.finish = finish;
    job->exchange = x;
    job->request_hash = x->request_hash;
    job->confirmable = x->type == COAP_CON;
    x->work = job;
    exchange_set_deadline(x, job->outbound.publication.deadline);
    reserve(r, job);
}

void telemetry_handle(struct resources *r, const struct resource_request *request)
{
    struct exchange *x = request->exchange;
    struct block1_payload payload;
    struct coap_text topic;
    uint8_t code;

    if (!topic_read(&topic, request->message)) {
        resource_respond_code(r, x, COAP_BAD_REQUEST);
        return;
    }
    if (!exchange_remember(r->exchanges, r->now, x)) {
        resource_respond_code(r, x, COAP_SERVICE_UNAVAILABLE);
        return;
    }
    code =
        block1_receive(&r->block1, r->now, &x->from, request->message, request->options, &payload);
    if (code) {
        resource_respond_code(r, x, code);
        return;
    }
    publish(r, request, &topic, &payload);
    block1_release(&r->block1, &payload);
}

void telemetry_expired(struct resources *r, struct exchange *x)
{
    struct telemetry_job *job = x->work;

    if (job)
        answer(r, job, COAP_GATEWAY_TIMEOUT);
}
