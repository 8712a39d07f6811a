/*
 * The URL of an MQTT broker: mqtt://host[:port] or mqtts://host[:port], an IPv6 address in brackets
 * (RFC 3986 §3.2.2). User name and password have settings of their own. Any thread.
 */
#ifndef SIMGATE_PUBLISHER_MQTT_URL_H
#define SIMGATE_PUBLISHER_MQTT_URL_H

#include <stdbool.h>
#include <stdint.h>

#define MQTT_HOST_MAX 253 /* a domain name, RFC 1035 §2.3.4 */

struct mqtt_url {
    char host[MQTT_HOST_MAX + 1]; /* without brackets */
    uint16_t port;                /* 1883 and 8883 where the URL has none */
    bool tls;
};

/* NULL, or what is wrong with `text`, for the user. */
const char *mqtt_url_parse(struct mqtt_url *url, const char *text);

#endif
