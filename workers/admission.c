#include "workers/admission.h"

#include "base/clock.h"
#include "base/writer.h"
#include "workers/device_name.h"
#include "workers/resources/error_event.h"

#include <string.h>

/* Entries, and how long they are believed. */
#define REGISTERED_MAX  (1u << 20)
#define UNKNOWN_MAX     (1u << 16)
#define REGISTERED_LIFE (60 * CLOCK_SECOND)
#define UNKNOWN_LIFE    (5 * CLOCK_SECOND)

#define REPORT_PERIOD (60 * CLOCK_SECOND) /* of one device's disagreements */

#define DISAGREEMENTS "simgate_identity_disagreements_total"

#define REFUSED "simgate_requests_refused_total"

const struct counter_description admission_counters[ADMISSION_COUNTERS] = {
    [ADMISSION_OUTSIDE_NETWORKS] = {REFUSED, "reason=\"outside_networks\"",
                                    "Requests refused before they reached a resource, by reason."},
    [ADMISSION_UNKNOWN] = {REFUSED, "reason=\"unknown_device\""},
    [ADMISSION_INACTIVE] = {REFUSED, "reason=\"inactive_device\""},
    [ADMISSION_RATE_LIMITED] = {REFUSED, "reason=\"rate_limit\""},
    [ADMISSION_DISAGREED_REFUSED] = {DISAGREEMENTS, "outcome=\"refused\"",
                                     "Handshakes, moves and requests of CoAPS with the identity of "
                                     "one SIM and the address of another, by what became of them."},
    [ADMISSION_DISAGREED_SERVED] = {DISAGREEMENTS, "outcome=\"served\""},
};

int admission_init(struct admission *a, const struct admission_settings *settings)
{
    int error;

    *a = (struct admission){.settings = *settings};
    error = device_cache_init(&a->registered, REGISTERED_MAX);
    return error ? error : device_cache_init(&a->unknown, UNKNOWN_MAX);
}

void admission_deinit(struct admission *a)
{
    device_cache_deinit(&a->registered);
    device_cache_deinit(&a->unknown);
}

bool admission_has_address(const struct admission *a, const struct net_address *peer,
                           uint8_t identity[16])
{
    for (uint32_t i = 0; i < a->settings.network_count; i++) {
        if (!net_prefix_contains(&a->settings.networks[i], peer->ip))
            continue;
        memcpy(identity, peer->ip, 16);
        if (!net_ip_is_v4(identity))
            net_ip_mask(identity, a->settings.ipv6_prefix);
        return true;
    }
    return false;
}

bool admission_identity(struct admission *a, const struct net_address *peer, uint8_t identity[16])
{
    if (admission_has_address(a, peer, identity))
        return true;
    counter_add(&a->counters[ADMISSION_OUTSIDE_NETWORKS], 1);
    return false;
}

struct device_entry *admission_find_at(struct admission *a, uint64_t now,
                                       const uint8_t identity[16], uint32_t place)
{
    struct device_entry *e = device_cache_find_at(&a->registered, now, identity, place);

    return e ? e : device_cache_find(&a->unknown, now, identity);
}

struct device_entry *admission_find(struct admission *a, uint64_t now, const uint8_t identity[16])
{
    return admission_find_at(a, now, identity, device_cache_place(&a->registered, identity));
}

struct device_entry *admission_find_stale(const struct admission *a, const uint8_t identity[16])
{
    return device_cache_find_stale(&a->registered, identity);
}

struct device_entry *admission_learn(struct admission *a, uint64_t now, const uint8_t identity[16],
                                     const struct device *device)
{
    device_cache_forget(device ? &a->unknown : &a->registered, identity);
    if (device)
        return device_cache_put(&a->registered, now, identity, device, REGISTERED_LIFE);
    return device_cache_put(&a->unknown, now, identity, NULL, UNKNOWN_LIFE);
}

void admission_forget(struct admission *a, const uint8_t identity[16])
{
    device_cache_forget(&a->registered, identity);
    device_cache_forget(&a->unknown, identity);
}

void admission_forget_device(struct admission *a, const char *iccid)
{
    uint8_t name[DEVICE_NAME_SIZE];

    device_cache_forget_device(&a->registered, iccid);
    if (device_name_of_iccid(name, iccid))
        device_cache_forget(&a->unknown, name);
}

void admission_doubt(struct admission *a)
{
    device_cache_doubt(&a->registered);
    device_cache_doubt(&a->unknown);
}

void admission_disagree(struct admission *a, struct resources *r, struct device_entry *source,
                        const struct net_address *peer, const char *claimed)
{
    bool is_served = a->settings.check == IDENTITY_ALARM;
    char text[ERROR_EVENT_DESCRIPTION + 1], ip[NET_ADDRESS_TEXT];
    struct writer w = writer_over(text, sizeof(text));

    counter_add(&a->counters[is_served ? ADMISSION_DISAGREED_SERVED : ADMISSION_DISAGREED_REFUSED],
                1);
    if (r->now < source->next_report)
        return;
    source->next_report = r->now + REPORT_PERIOD;
    writer_format(&w, "%s is the address of SIM %s; the client's PSK identity is \"%s\"",
                  net_ip_format(peer->ip, ip), source->device.iccid, claimed);
    writer_terminate(&w);
    error_event_publish(r, &(struct error_event){.device = &source->device,
                                                 .order_key = source->order_key,
                                                 .ip = peer->ip,
                                                 .code = "IDENTITY_MISMATCH",
                                                 .message = "SIM and PSK identity disagree",
                                                 .description = text});
}

static uint8_t refuse(struct admission *a, enum admission_counter reason, uint8_t code)
{
    counter_add(&a->counters[reason], 1);
    return code;
}

uint8_t admission_check(struct admission *a, uint64_t now, struct device_entry *e)
{
    if (!e->registered)
        return refuse(a, ADMISSION_UNKNOWN, COAP_UNAUTHORIZED);
    if (!e->device.active)
        return refuse(a, ADMISSION_INACTIVE, COAP_UNAUTHORIZED);
    if (!device_entry_allow(e, now, a->settings.device_rate, a->settings.device_burst))
        return refuse(a, ADMISSION_RATE_LIMITED, COAP_TOO_MANY_REQUESTS);
    return 0;
}
