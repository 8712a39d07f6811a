/*
 * The source addresses of the simulated devices: one device, one address of an IPv4 prefix. Pure
 * arithmetic, any thread.
 */
#ifndef SIMGATE_LOADTEST_SOURCES_H
#define SIMGATE_LOADTEST_SOURCES_H

#include "base/net_address.h"

#include <netinet/in.h>
#include <stdint.h>

/* What sources_device() gives for an address that belongs to no device. */
#define SOURCES_NONE UINT32_MAX

struct sources {
    uint32_t first; /* the address of device 0, host byte order */
    uint32_t count; /* addresses from there to the end of the prefix */
};

/* The addresses of an IPv4 prefix. The first 256 of one wider than /16 are left out: in 127.0.0.0/8
 * they are those that servers and resolvers listen on. */
struct sources sources_in(const struct net_prefix *prefix);

static inline struct in_addr sources_address(const struct sources *s, uint32_t device)
{
    return (struct in_addr){.s_addr = htonl(s->first + device)};
}

/* The device that has the address, or SOURCES_NONE. */
static inline uint32_t sources_device(const struct sources *s, struct in_addr address)
{
    uint32_t offset = ntohl(address.s_addr) - s->first;

    return offset < s->count ? offset : SOURCES_NONE;
}

#endif
