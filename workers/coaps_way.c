#include "workers/coaps_way.h"

/* The steps of dtls_look_ahead(): */
#define ASSOCIATION_STEP 2 /* the association's slot is here, with its id */
#define SESSION_STEP     3
#define CIPHERS_STEP     4

_Static_assert(CIPHERS_STEP == DTLS_AHEAD_STEPS - 1, "these are all");

#define NEXT 4 /* datagrams whose sessions are on their way to the processor */

/* As far as it goes without the Message ID, which is encrypted. */
static void look_for_requests(struct coaps_way *way, const struct dedup *dedup, unsigned step)
{
    const struct coap_endpoint from = coap_endpoint_of_association(way->ahead.association->id);

    if (step == 0)
        way->remembered = dedup_place_of_device(dedup, &from);
    dedup_prefetch(dedup, way->remembered, step);
}

static void look(struct coaps_way *way, const struct dtls *dtls, const struct coaps_parts *parts,
                 const struct datagram *d, unsigned step)
{
    const struct device_cache *devices = &parts->admission->registered;

    dtls_look_ahead(dtls, &way->ahead, step, &d->path, d->bytes, d->length);
    if (step == 0)
        way->device = device_cache_place(devices, d->path.peer.ip);
    device_cache_prefetch(devices, way->device, step);
    if (step >= ASSOCIATION_STEP && way->ahead.association && !way->ahead.of_handshake)
        look_for_requests(way, &parts->resources->exchanges->dedup, step - ASSOCIATION_STEP);
}

void coaps_ways_begin(struct coaps_way *ways, const struct dtls *dtls,
                      const struct coaps_parts *parts, const struct datagram *const *batch,
                      uint32_t count)
{
    for (unsigned step = 0; step <= ASSOCIATION_STEP; step++)
        for (uint32_t i = 0; i < count; i++)
            look(&ways[i], dtls, parts, batch[i], step);
    for (uint32_t i = 0; i < NEXT && i < count; i++)
        look(&ways[i], dtls, parts, batch[i], SESSION_STEP);
    for (uint32_t i = 0; i < NEXT / 2 && i < count; i++)
        look(&ways[i], dtls, parts, batch[i], CIPHERS_STEP);
}

void coaps_ways_next(struct coaps_way *ways, const struct dtls *dtls,
                     const struct coaps_parts *parts, const struct datagram *const *batch,
                     uint32_t count, uint32_t i)
{
    uint32_t session = i + NEXT, ciphers = i + NEXT / 2;

    if (session < count)
        look(&ways[session], dtls, parts, batch[session], SESSION_STEP);
    if (ciphers < count)
        look(&ways[ciphers], dtls, parts, batch[ciphers], CIPHERS_STEP);
}
