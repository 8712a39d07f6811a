#include "loadtest/options.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#define COAP_PORT  5683 /* RFC 7252 §6.1 */
#define COAPS_PORT 5684 /* §6.2 */

static bool resolve(struct options *o, const char *host, uint16_t port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found;
    union net_sockaddr address = {0};
    int error = getaddrinfo(host, NULL, &hints, &found);

    if (error) {
        hints.ai_family = AF_INET6;
        error = getaddrinfo(host, NULL, &hints, &found);
    }
    if (error)
        return option_wrong("no address for '%s': %s", host, gai_strerror(error));
    memcpy(&address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    net_address_from_sockaddr(&o->target, &address);
    o->target.port = port;
    return true;
}

static bool parse_port(const char *text, uint16_t *port)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (end == text || *end || number < 1 || number > UINT16_MAX)
        return option_wrong("the port must be a number from 1 to 65535, not '%s'", text);
    *port = (uint16_t)number;
    return true;
}

/* "name" or "[::1]", and what is behind it. NULL: the bracket is not closed. */
static char *end_of_host(char **host)
{
    char *end;

    if (**host != '[')
        return *host + strcspn(*host, ":");
    end = strchr(++*host, ']');
    if (end)
        *end++ = 0;
    return end;
}

/* Behind the scheme: HOST[:PORT][/] */
static bool parse_authority(struct options *o, const char *text)
{
    uint16_t port = o->secure ? COAPS_PORT : COAP_PORT;
    size_t length = strcspn(text, "/");
    char authority[256];
    char *host = authority, *rest;

    if (length == 0 || length >= sizeof(authority) || (text[length] && text[length + 1]))
        return option_wrong("the target must be coap://HOST[:PORT] without a path: that follows "
                            "from the scenario");
    memcpy(authority, text, length);
    authority[length] = 0;
    rest = end_of_host(&host);
    if (!rest || (*rest && *rest != ':'))
        return option_wrong("an IPv6 address is written as [::1], not '%s'", text);
    if (*rest && !parse_port(rest + 1, &port))
        return false;
    *rest = 0;
    return resolve(o, host, port);
}

bool options_take_target(struct options *o, const char *name, const char *value)
{
    static const char plain[] = "coap://", secure[] = "coaps://";

    o->target_url = value;
    o->secure = strncmp(value, secure, sizeof(secure) - 1) == 0;
    if (!o->secure && strncmp(value, plain, sizeof(plain) - 1) != 0)
        return option_wrong("%s must be coap://HOST[:PORT] or coaps://HOST[:PORT], not '%s'", name,
                            value);
#ifndef SIMGATE_DTLS
    if (o->secure)
        return option_wrong("this simgate-load was built without DTLS, and has no coaps://");
#endif
    return parse_authority(o, value + (o->secure ? sizeof(secure) : sizeof(plain)) - 1);
}
