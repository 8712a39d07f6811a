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
    union net_sockaddr address;
    int error = getaddrinfo(host, NULL, &hints, &found);

    if (error)
        return option_wrong("no IPv4 address for '%s': %s", host, gai_strerror(error));
    memcpy(&address.v4, found->ai_addr, sizeof(address.v4));
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

/* Behind the scheme: HOST[:PORT][/] */
static bool parse_authority(struct options *o, const char *text)
{
    uint16_t port = o->secure ? COAPS_PORT : COAP_PORT;
    size_t length = strcspn(text, "/");
    char host[256];
    char *colon;

    if (length == 0 || length >= sizeof(host) || (text[length] && text[length + 1]))
        return option_wrong("the target must be coap://HOST[:PORT] without a path: that follows "
                            "from the scenario");
    memcpy(host, text, length);
    host[length] = 0;
    if (host[0] == '[')
        return option_wrong("'%s': IPv6 is not simulated yet", host);
    colon = strchr(host, ':');
    if (colon)
        *colon++ = 0;
    if (colon && !parse_port(colon, &port))
        return false;
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
