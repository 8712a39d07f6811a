/*
 * The source addresses of the simulated devices: each has one address of an IPv4 prefix; or, of an
 * IPv6 prefix, a prefix of its own, since that is what a gateway knows a device by, and one address
 * in it. Pure arithmetic, any thread.
 */
#ifndef SIMGATE_LOADTEST_SOURCES_H
#define SIMGATE_LOADTEST_SOURCES_H

#include "base/net_address.h"

#include <stdint.h>

/* What sources_device() gives for an address that belongs to no device. */
#define SOURCES_NONE UINT32_MAX

struct sources {
    uint64_t high, low; /* the address of device 0, host byte order */
    uint32_t count;     /* devices from there to the end of the prefix, at most SOURCES_NONE */
    uint8_t shift;      /* from a device's number to an address: how many bits are behind its own */
};

/* The addresses of a prefix, whose devices have `bits` bits each (IPv4: 128). The first 256 of an
 * IPv4 prefix wider than /16 are left out: in 127.0.0.0/8 they are those that servers and resolvers
 * listen on. A device that has an IPv6 prefix has the address ::1 in it. */
struct sources sources_in(const struct net_prefix *prefix, uint8_t bits);

void sources_address(const struct sources *s, uint32_t device, uint8_t ip[16]);

/* The device that has the address, or SOURCES_NONE. */
uint32_t sources_device(const struct sources *s, const uint8_t ip[16]);

#endif
