#include "workers/coaps_way.h"

#define ASSOCIATION_STEP 2 /* the association's slot is here, with its id */

/* Other records are of a handshake, which has used its session just before. */
static bool may_be_request(const struct datagram *d)
{
    return d->length > 0 && (d->bytes[0] == RECORD_APPLICATION_DATA || d->bytes[0] == RECORD_CID);
}

/* As far as it goes without the Message ID, which is encrypted. */
static void look_for_requests(struct coaps_way *way, const struct dedup *dedup, unsigned step)
{
    const struct coap_endpoint from = coap_endpoint_of_association(way->ahead.association->id);

    if (step == 0)
        way->remembered = dedup_place_of_device(dedup, &from);
    dedup_prefetch(dedup, way->remembered, step);
}

void coaps_way_look(struct coaps_way *way, const struct dtls *dtls, const struct coaps_parts *parts,
                    const struct datagram *d, unsigned step)
{
    const struct device_cache *devices = &parts->admission->registered;
    bool is_handshake = !may_be_request(d);

    if (is_handshake && step >= ASSOCIATION_STEP)
        return;
    dtls_look_ahead(dtls, &way->ahead, step, &d->path, d->bytes, d->length);
    if (is_handshake)
        return;
    if (step == 0)
        way->device = device_cache_place(devices, d->path.peer.ip);
    device_cache_prefetch(devices, way->device, step);
    if (step >= ASSOCIATION_STEP && way->ahead.association)
        look_for_requests(way, &parts->resources->exchanges->dedup, step - ASSOCIATION_STEP);
}
