#include "base/net_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

void net_ip_from_v4(uint8_t ip[16], const struct in_addr *v4)
{
    memcpy(ip, net_ip_v4_mapped, sizeof(net_ip_v4_mapped));
    memcpy(ip + 12, v4, 4);
}

void net_address_from_sockaddr(struct net_address *a, const union net_sockaddr *s)
{
    *a = (struct net_address){0};
    if (s->any.sa_family == AF_INET) {
        net_ip_from_v4(a->ip, &s->v4.sin_addr);
        a->port = ntohs(s->v4.sin_port);
    } else {
        memcpy(a->ip, &s->v6.sin6_addr, 16);
        a->port = ntohs(s->v6.sin6_port);
        a->scope = s->v6.sin6_scope_id;
    }
}

socklen_t net_address_to_sockaddr(const struct net_address *a, union net_sockaddr *s)
{
    if (net_ip_is_v4(a->ip)) {
        s->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&s->v4.sin_addr, a->ip + 12, 4);
        return sizeof(s->v4);
    }
    s->v6 = (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope};
    memcpy(&s->v6.sin6_addr, a->ip, 16);
    return sizeof(s->v6);
}

bool net_ip_parse(uint8_t ip[16], const char *text)
{
    struct in_addr v4;

    if (inet_pton(AF_INET, text, &v4) == 1) {
        net_ip_from_v4(ip, &v4);
        return true;
    }
    return inet_pton(AF_INET6, text, ip) == 1;
}

/* Decimal digits and nothing else. False when it is no number up to `limit`. */
static bool parse_number(const char *text, unsigned long limit, unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    *number = strtoul(text, &end, 10);
    return *end == 0 && *number <= limit;
}

/* Splits "fe80::1%eth0" or "fe80::1%2" at its zone (RFC 4007 §11). IPv4 has none. */
static bool parse_scoped(struct net_address *a, char *host)
{
    char *zone = strchr(host, '%');
    unsigned long number;

    if (zone) {
        *zone++ = 0;
        a->scope =
            parse_number(zone, UINT32_MAX, &number) ? (uint32_t)number : if_nametoindex(zone);
        if (!a->scope)
            return false;
    }
    return net_ip_parse(a->ip, host) && !(zone && net_ip_is_v4(a->ip));
}

bool net_address_parse(struct net_address *a, const char *text)
{
    const char *colon = strrchr(text, ':');
    char host[NET_ADDRESS_TEXT];
    size_t length = colon ? (size_t)(colon - text) : 0;
    unsigned long port;
    bool bracketed = text[0] == '[';

    *a = (struct net_address){0};
    if (!colon || length >= sizeof(host) || !parse_number(colon + 1, 65535, &port))
        return false;
    memcpy(host, text, length);
    host[length] = 0;
    if (bracketed && (length < 2 || host[length - 1] != ']'))
        return false;
    if (bracketed)
        host[length - 1] = 0;
    a->port = (uint16_t)port;
    return parse_scoped(a, host + bracketed) && net_ip_is_v4(a->ip) != bracketed;
}

bool net_prefix_parse(struct net_prefix *p, const char *text)
{
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    char host[NET_ADDRESS_TEXT];
    uint8_t masked[16];
    unsigned long bits;
    unsigned offset;

    if (length >= sizeof(host))
        return false;
    memcpy(host, text, length);
    host[length] = 0;
    if (!net_ip_parse(p->ip, host))
        return false;
    offset = net_ip_is_v4(p->ip) ? 96 : 0;
    bits = 128 - offset;
    if (slash && !parse_number(slash + 1, 128 - offset, &bits))
        return false;
    p->bits = (uint8_t)(bits + offset);
    memcpy(masked, p->ip, 16);
    net_ip_mask(masked, p->bits);
    return memcmp(masked, p->ip, 16) == 0;
}

void net_ip_mask(uint8_t ip[16], unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = bits < 8 ? bits : 8; /* of this byte */

        ip[i] &= (uint8_t)(0xff00 >> kept);
        bits -= kept;
    }
}

/* One to three digits. Returns where the next character goes. */
static char *put_byte(char *at, uint8_t byte)
{
    if (byte >= 100)
        *at++ = (char)('0' + byte / 100);
    if (byte >= 10)
        *at++ = (char)('0' + byte / 10 % 10);
    *at++ = (char)('0' + byte % 10);
    return at;
}

/* On the path of every message, where inet_ntop() with its printf() would be felt. */
static const char *format_v4(const uint8_t b[4], char text[NET_ADDRESS_TEXT])
{
    char *at = text;

    for (int i = 0; i < 4; i++) {
        at = put_byte(at, b[i]);
        *at++ = i < 3 ? '.' : 0;
    }
    return text;
}

const char *net_ip_format(const uint8_t ip[16], char text[NET_ADDRESS_TEXT])
{
    if (net_ip_is_v4(ip))
        return format_v4(ip + 12, text);
    return inet_ntop(AF_INET6, ip, text, NET_ADDRESS_TEXT);
}

const char *net_address_format(const struct net_address *a, char text[NET_ADDRESS_TEXT])
{
    char ip[NET_ADDRESS_TEXT];

    net_ip_format(a->ip, ip);
    if (net_ip_is_v4(a->ip))
        snprintf(text, NET_ADDRESS_TEXT, "%.45s:%u", ip, a->port);
    else if (a->scope)
        snprintf(text, NET_ADDRESS_TEXT, "[%.45s%%%u]:%u", ip, a->scope, a->port);
    else
        snprintf(text, NET_ADDRESS_TEXT, "[%.45s]:%u", ip, a->port);
    return text;
}
