/*
 * A received UDP datagram and the way back to who sent it. A datagram lives in a slot of its
 * receive loop; docs/architecture.md says who owns it at each step.
 */
#ifndef SIMGATE_BASE_DATAGRAM_H
#define SIMGATE_BASE_DATAGRAM_H

#include "base/net_address.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a datagram came from and which of our addresses it was sent to: a reply goes the same way.
 */
struct datagram_path {
    struct net_address peer;
    struct net_address local;
    uint32_t listener; /* index of the socket's listener */
};

/* Bytes of a slot, and of these the datagram's own; a CoAP message with a payload of 1,024 bytes
 * needs some 1,300. */
#define DATAGRAM_SLOT 2048
#define DATAGRAM_MAX  1984

struct datagram {
    struct datagram_path path;
    uint16_t length; /* bytes that are here */
    bool truncated;  /* it was longer */
    uint8_t bytes[DATAGRAM_MAX];
};

_Static_assert(sizeof(struct datagram) <= DATAGRAM_SLOT, "a datagram fits its slot");

#endif
