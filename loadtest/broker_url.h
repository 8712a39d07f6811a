/*
 * The URL of --verify: mqtt://HOST[:PORT][/FILTER] or mqtts://…, an IPv6 address in brackets. Any
 * thread.
 */
#ifndef SIMGATE_LOADTEST_BROKER_URL_H
#define SIMGATE_LOADTEST_BROKER_URL_H

#include <stdbool.h>

struct broker_url {
    bool tls;
    char host[254];   /* without brackets */
    int port;         /* 1883 and 8883 where the URL has none */
    char filter[256]; /* of topics; "#" where the URL has none */
};

/* Returns 0 or -EINVAL. Whether the filter is one, is not looked at. */
int broker_url_parse(struct broker_url *u, const char *text);

#endif
