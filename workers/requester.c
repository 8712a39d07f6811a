#include "workers/requester.h"

#include "workers/device_name.h"

#include <string.h>

static void count(struct service *s, enum service_counter counter)
{
    counter_add(&s->counters[counter], 1);
}

static bool is_answer(enum store_result result)
{
    return result == STORE_OK || result == STORE_ABSENT;
}

/* Receives again what waited for a look-up, also where that failed. */
static void receive_parked(struct service *s, struct lookup *l)
{
    struct arrival *a;

    list_remove(&l->node);
    s->lookup_result = l->result;
    while ((a = parking_next(&s->parking, l))) {
        service_receive_message(s, a);
        parking_give(&s->parking, a);
    }
    s->lookup_result = STORE_OK;
    parking_end(&s->parking, l);
}

static void finish(struct lookup *l)
{
    l->answered = true;
    if (!l->asking)
        receive_parked(l->context, l);
}

/* The store has said what template the device has. */
static void on_template(struct template_waiter *waiter, enum store_result result)
{
    struct lookup *l = container_of(waiter, struct lookup, template);

    if (!is_answer(result)) {
        count(l->context, SERVICE_LOOKUPS_FAILED);
        l->result = result;
    }
    finish(l);
}

/* The store has said whose the messages are. */
static void on_device(void *context, enum store_result result, const struct device *device)
{
    struct lookup *l = context;
    struct service *s = l->context;
    uint16_t template = device ? device->template : STORE_TEMPLATE_NONE;

    l->result = result;
    if (is_answer(result))
        admission_learn(&s->admission, s->resources.now, l->identity, device);
    else
        count(s, SERVICE_LOOKUPS_FAILED);
    if (!templates_wants_load(&s->templates, template)) {
        finish(l);
        return;
    }
    l->template.done = on_template;
    templates_load(&s->templates, template, &l->template);
}

/* Asks the store. Returns the look-up when it is still waiting for the answer; otherwise NULL, and
 * `*result` is the answer's. */
static struct lookup *ask(struct service *s, const uint8_t name[16], enum store_result *result)
{
    struct lookup *l = parking_start(&s->parking, name, s);

    *result = STORE_OVERLOADED;
    if (!l)
        return NULL;
    count(s, SERVICE_LOOKUPS);
    l->asking = true;
    if (device_name_is_iccid(name))
        store_device_by_iccid(s->resources.store, s->arrival->identity, on_device, l);
    else
        store_device_by_address(s->resources.store, name, on_device, l);
    l->asking = false;
    if (!l->answered)
        return l;
    *result = (enum store_result)l->result;
    parking_end(&s->parking, l);
    return NULL;
}

/* The look-up gave no answer. The device as it is known from earlier, where that will do; otherwise
 * NULL, and the request is answered. */
static struct device_entry *do_without(struct service *s, struct exchange *x,
                                       const uint8_t name[16], enum store_result result)
{
    struct device_entry *e = NULL;

    if (s->resources.serves_degraded && resource_store_is_gone(result))
        e = admission_find_stale(&s->admission, name);
    if (e && !templates_known_once(&s->templates, e->device.template))
        e = NULL;
    if (e)
        count(s, SERVICE_WITHOUT_LOOKUP);
    else
        resource_respond_code(&s->resources, x, resource_store_code(result));
    return e;
}

/* Has the request wait, as a message, for what the store says of a device. False: it does not, and
 * `*result` is what the store said at once, or why it was not asked. */
static bool wait_for(struct service *s, struct exchange *x, const uint8_t name[16],
                     enum store_result *result)
{
    struct lookup *l = parking_find(&s->parking, name);

    *result = STORE_OVERLOADED; /* where the message finds no room */
    if (!l)
        l = ask(s, name, result);
    if (!l || !(parking_holds(l, s->arrival) || parking_add(&s->parking, l, s->arrival)))
        return false;
    exchange_discard(&s->exchanges, x);
    return true;
}

/* Of a datagram from an IPv4 address, which is the name, it is known since that arrived. */
static uint32_t place_of(const struct service *s, const uint8_t name[16])
{
    return s->arrival->from.kind == COAP_ENDPOINT_IPV4
               ? s->arrival->place
               : device_cache_place(&s->admission.registered, name);
}

/* What is known of a device, if that is all: its template has to be known too. Or NULL. */
static struct device_entry *find_known(struct service *s, const uint8_t name[16])
{
    struct device_entry *e =
        admission_find_at(&s->admission, s->resources.now, name, place_of(s, name));

    if (e && e->registered && !templates_known(&s->templates, e->device.template))
        return NULL;
    return e;
}

/* A device by its name. NULL: the request is dealt with: answered, or waiting. */
static struct device_entry *find_device(struct service *s, struct exchange *x,
                                        const uint8_t name[16])
{
    struct device_entry *e = find_known(s, name);
    enum store_result result = s->lookup_result;

    if (e)
        return e;
    if (is_answer(result)) { /* else it is received again after a look-up that failed */
        if (wait_for(s, x, name, &result))
            return NULL;
        if (is_answer(result))
            return admission_find(&s->admission, s->resources.now, name);
    }
    return do_without(s, x, name, result);
}

/* The SIM that the address belongs to is not the one whose key the association was made with. */
static bool is_someone_else(const struct service *s, const struct device_entry *source)
{
    const char *proved = s->arrival->identity;

    return *proved && source->registered && strcmp(proved, source->device.iccid) != 0;
}

/* By its source address, which has to be that of the SIM that an association's key proved. */
static struct device_entry *find_by_address(struct service *s, struct exchange *x)
{
    struct device_entry *e = NULL;
    uint8_t address[16];

    if (!admission_identity(&s->admission, &x->path.peer, address)) {
        resource_respond_code(&s->resources, x, COAP_UNAUTHORIZED);
        return NULL;
    }
    e = find_device(s, x, address);
    if (!e || !is_someone_else(s, e))
        return e;
    admission_disagree(&s->admission, &s->resources, e, &x->path.peer, s->arrival->identity);
    resource_respond_code(&s->resources, x, COAP_UNAUTHORIZED);
    return NULL;
}

/* Reports a request from the address of another SIM. False: that has to be looked up, and the
 * request waits for it. */
static bool watch_source(struct service *s, struct exchange *x)
{
    struct device_entry *source;
    enum store_result result;
    uint8_t address[16];

    if (!admission_has_address(&s->admission, &x->path.peer, address))
        return true;
    source = admission_find(&s->admission, s->resources.now, address);
    if (!source && is_answer(s->lookup_result)) {
        if (wait_for(s, x, address, &result))
            return false;
        source = admission_find(&s->admission, s->resources.now, address);
    }
    if (source && is_someone_else(s, source))
        admission_disagree(&s->admission, &s->resources, source, &x->path.peer,
                           s->arrival->identity);
    return true;
}

/* By the ICCID that the association's key proved, wherever the request comes from. */
static struct device_entry *find_by_key(struct service *s, struct exchange *x)
{
    struct device_entry *e;
    uint8_t name[DEVICE_NAME_SIZE];

    device_name_of_iccid(name, s->arrival->identity); /* it was looked up by it */
    e = find_device(s, x, name);
    if (!e || !e->registered || s->admission.settings.check != IDENTITY_ALARM)
        return e;
    if (!watch_source(s, x))
        return NULL;
    e = admission_find_stale(&s->admission, name); /* what was learnt may have pushed it out */
    if (!e)
        resource_respond_code(&s->resources, x, COAP_SERVICE_UNAVAILABLE);
    return e;
}

/* A user has changed or reset the device's key since the association was made. */
static bool is_outdated(const struct service *s, const struct device_entry *e)
{
    return *s->arrival->identity && e->registered && e->device.psk_epoch != s->arrival->psk_epoch;
}

struct device_entry *requester_find(struct service *s, struct exchange *x)
{
    bool by_key = *s->arrival->identity && s->admission.settings.check != IDENTITY_ENFORCE;
    struct device_entry *e = by_key ? find_by_key(s, x) : find_by_address(s, x);

    if (!e || !is_outdated(s, e))
        return e;
    exchange_discard(&s->exchanges, x);
    coaps_end(s->coaps, s->arrival->from.network);
    return NULL;
}
