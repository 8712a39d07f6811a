#include "publisher/mqtt_url.h"

#include <stddef.h>
#include <string.h>

#define PORT_PLAIN 1883
#define PORT_TLS   8883

static const char *after_prefix(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static const char *parse_port(uint16_t *port, const char *text)
{
    uint32_t value = 0;

    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || at - text >= 5)
            return "the port is no number from 1 to 65535";
        value = value * 10 + (uint32_t)(*at - '0');
    }
    if (value == 0 || value > UINT16_MAX)
        return "the port is no number from 1 to 65535";
    *port = (uint16_t)value;
    return NULL;
}

/* Splits off the host. `*rest` is what follows it: "" or ":port". */
static const char *parse_host(struct mqtt_url *url, const char *text, const char **rest)
{
    const char *host = text;
    size_t length = strcspn(text, ":");

    *rest = text + length;
    if (*text == '[') {
        host = text + 1;
        length = strcspn(host, "]");
        if (!host[length])
            return "the bracket of the IPv6 address is not closed";
        *rest = host + length + 1;
    }
    if (length == 0)
        return "there is no host";
    if (length > MQTT_HOST_MAX)
        return "the host is too long";
    memcpy(url->host, host, length);
    url->host[length] = '\0';
    return NULL;
}

const char *mqtt_url_parse(struct mqtt_url *url, const char *text)
{
    const char *rest = after_prefix(text, "mqtts://");
    const char *problem;

    *url = (struct mqtt_url){.tls = rest != NULL};
    if (!rest)
        rest = after_prefix(text, "mqtt://");
    if (!rest)
        return "it begins with none of mqtt://, mqtts://, stdout: and null:";
    if (strchr(rest, '@'))
        return "user name and password do not belong into the URL";
    if (strpbrk(rest, "/?# "))
        return "nothing may follow host and port";
    problem = parse_host(url, rest, &rest);
    if (problem)
        return problem;
    url->port = url->tls ? PORT_TLS : PORT_PLAIN;
    if (!*rest)
        return NULL;
    return *rest == ':' ? parse_port(&url->port, rest + 1) : "there is no colon before the port";
}
