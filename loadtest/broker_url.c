#include "loadtest/broker_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT           1883
#define PORT_TLS       8883
#define DEFAULT_FILTER "#"

static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static int parse_port(struct broker_url *u, const char *text, size_t length)
{
    char *end;
    long port = strtol(text, &end, 10);

    if (length == 0 || end != text + length || port < 1 || port > 65535)
        return -EINVAL;
    u->port = (int)port;
    return 0;
}

/* HOST[:PORT], so many characters. */
static int parse_authority(struct broker_url *u, const char *text, size_t length)
{
    bool brackets = *text == '[';
    const char *host = text + brackets;
    const char *end = memchr(host, brackets ? ']' : ':', length - brackets);
    const char *rest = end ? end + brackets : text + length;
    size_t host_length = (size_t)((end ? end : rest) - host);

    if ((brackets && !end) || host_length == 0 || host_length >= sizeof(u->host))
        return -EINVAL;
    memcpy(u->host, host, host_length);
    if (rest == text + length)
        return 0;
    return *rest == ':' ? parse_port(u, rest + 1, (size_t)(text + length - rest) - 1) : -EINVAL;
}

int broker_url_parse(struct broker_url *u, const char *text)
{
    const char *rest = after(text, "mqtts://");
    size_t length;

    *u = (struct broker_url){.tls = rest != NULL, .port = rest ? PORT_TLS : PORT};
    if (!rest)
        rest = after(text, "mqtt://");
    if (!rest || !*rest)
        return -EINVAL;
    length = strcspn(rest, "/");
    if (strlen(rest + length) > sizeof(u->filter))
        return -EINVAL;
    snprintf(u->filter, sizeof(u->filter), "%s",
             rest[length] && rest[length + 1] ? rest + length + 1 : DEFAULT_FILTER);
    return length > 0 ? parse_authority(u, rest, length) : -EINVAL;
}
