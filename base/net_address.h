/*
 * Internet addresses of both families in one form: IPv4 as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2), so
 * that one comparison and one hash serve both. Any thread.
 */
#ifndef SIMGATE_BASE_NET_ADDRESS_H
#define SIMGATE_BASE_NET_ADDRESS_H

#include <endian.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct net_address {
    uint8_t ip[16];
    uint32_t scope; /* interface of an IPv6 link-local address, or 0 */
    uint16_t port;  /* host byte order */
    uint16_t zero;  /* always 0: addresses are compared and hashed as bytes */
};

union net_sockaddr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* An address and how many of its 128 bits count (IPv4: 96 and its own). */
struct net_prefix {
    uint8_t ip[16];
    uint8_t bits;
};

/* Room for the longest text, "[…%scope]:port" and a NUL. */
#define NET_ADDRESS_TEXT 80

/* What IPv4 addresses begin with. */
static const uint8_t net_ip_v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

static inline bool net_ip_is_v4(const uint8_t ip[16])
{
    return memcmp(ip, net_ip_v4_mapped, sizeof(net_ip_v4_mapped)) == 0;
}

static inline bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

void net_ip_from_v4(uint8_t ip[16], const struct in_addr *v4);

void net_address_from_sockaddr(struct net_address *a, const union net_sockaddr *s);

/* Returns the length that the kernel wants with it. */
socklen_t net_address_to_sockaddr(const struct net_address *a, union net_sockaddr *s);

/* "1.2.3.4", "::1" (no brackets, no port). False when it is neither. */
bool net_ip_parse(uint8_t ip[16], const char *text);

/* "1.2.3.4:5683", "[::1]:5683". The port is required. False when it is neither. */
bool net_address_parse(struct net_address *a, const char *text);

/* "10.0.0.0/8", "fd00::/8", or an address alone, which is a prefix of full length. Bits behind the
 * length must be 0. False otherwise. */
bool net_prefix_parse(struct net_prefix *p, const char *text);

static inline bool net_prefix_contains(const struct net_prefix *p, const uint8_t ip[16])
{
    uint64_t prefix[2], address[2];

    memcpy(prefix, p->ip, 16);
    memcpy(address, ip, 16);
    if (p->bits <= 64)
        return p->bits == 0 || be64toh(prefix[0] ^ address[0]) >> (64 - p->bits) == 0;
    return prefix[0] == address[0] && be64toh(prefix[1] ^ address[1]) >> (128 - p->bits) == 0;
}

/* Zeroes every bit from `bits` on. */
void net_ip_mask(uint8_t ip[16], unsigned bits);

/* The address alone ("100.91.200.24"), and with its port. Both return `text`. */
const char *net_ip_format(const uint8_t ip[16], char text[NET_ADDRESS_TEXT]);
const char *net_address_format(const struct net_address *a, char text[NET_ADDRESS_TEXT]);

#endif
