/*
 * Where the message layer puts what it sends. The layer below provides it; the message layer asks
 * for room, writes a message into it and sends it, one at a time, all on the worker's thread.
 */
#ifndef SIMGATE_WORKERS_COAP_OUTPUT_H
#define SIMGATE_WORKERS_COAP_OUTPUT_H

#include "base/datagram.h"
#include "workers/coap/endpoint.h"
#include "workers/coap/wire.h"

struct coap_output {
    void *context;
    /* Room for COAP_MESSAGE_MAX bytes, good until the next send(); never NULL. */
    uint8_t *(*room)(void *context);
    /* Sends the first `length` bytes of the room. A message that cannot be sent is lost, as on any
     * network. */
    void (*send)(void *context, const struct coap_endpoint *to, const struct datagram_path *path,
                 size_t length);
};

#endif
