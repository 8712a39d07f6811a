/*
 * GET /bootstrap: hands a device, known by its source address alone, the key that it is to use with
 * CoAPS, as "ICCID,PSK,coaps://host:port". Worker's thread.
 *
 * A widespread client finds the answer by looking for "89", with which an ICCID begins, in a buffer
 * of 150 bytes that it takes for text. So no byte before the payload is 0 and no two are "89", and
 * with a generated key the datagram has at most 149 bytes.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_BOOTSTRAP_H
#define SIMGATE_WORKERS_RESOURCES_BOOTSTRAP_H

#include "base/slab.h"
#include "workers/resources/resource.h"

/* Header, Content-Format, payload marker, ICCID, commas and a generated key leave this much of 149.
 */
#define BOOTSTRAP_URL_MAX (149 - 4 - 1 - 1 - DEVICE_ICCID_MAX - 1 - PSK_GENERATED - 1)

struct bootstrap_settings {
    char public_url[BOOTSTRAP_URL_MAX + 1]; /* "": the address that the device wrote to */
    uint16_t coaps_port;                    /* with that; 0: there is no CoAPS, and no bootstrap */
};

struct bootstrap {
    struct bootstrap_settings settings;
    struct slab calls; /* that wait for the store */
};

/* Returns 0 or -ENOMEM. */
int bootstrap_init(struct bootstrap *b, const struct bootstrap_settings *settings);

/* After the store's session is closed. */
void bootstrap_deinit(struct bootstrap *b);

void bootstrap_handle(struct resources *r, const struct resource_request *request);

#endif
