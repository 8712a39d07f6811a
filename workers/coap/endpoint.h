/*
 * Who a message is from, as the message layer sees it: the other half of a Message ID's scope (RFC
 * 7252 §4.4). Over UDP that is the full source address and port, over DTLS the association.
 * Compared and hashed as bytes.
 */
#ifndef SIMGATE_WORKERS_COAP_ENDPOINT_H
#define SIMGATE_WORKERS_COAP_ENDPOINT_H

#include "base/net_address.h"

#include <stdint.h>
#include <string.h>

enum coap_endpoint_kind {
    COAP_ENDPOINT_ASSOCIATION = 1,
    COAP_ENDPOINT_IPV4 = 4,
    COAP_ENDPOINT_IPV6 = 6,
};

struct coap_endpoint {
    uint64_t network;   /* the IPv4 address, the first half of an IPv6 one, or the id of an
                           association: one device */
    uint64_t interface; /* the second half of an IPv6 address */
    uint16_t port;
    uint16_t kind;
    uint32_t zero; /* always 0 */
};

static inline struct coap_endpoint coap_endpoint_of(const struct net_address *a)
{
    struct coap_endpoint e = {.port = a->port};

    memcpy(&e.network, a->ip, 8);
    memcpy(&e.interface, a->ip + 8, 8);
    if (net_ip_is_v4(a->ip)) {
        e.network = e.interface;
        e.interface = 0;
        e.kind = COAP_ENDPOINT_IPV4;
    } else {
        e.kind = COAP_ENDPOINT_IPV6;
    }
    return e;
}

/* The id is random, survives changes of address, and is new with each handshake. */
static inline struct coap_endpoint coap_endpoint_of_association(uint64_t id)
{
    return (struct coap_endpoint){.network = id, .kind = COAP_ENDPOINT_ASSOCIATION};
}

static inline bool coap_endpoint_equal(const struct coap_endpoint *a, const struct coap_endpoint *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

#endif
