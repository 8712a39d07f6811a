/*
 * Where a Redis is: redis://HOST[:PORT][/DB] or redis+unix:///PATH[?db=N]. User and password have
 * configuration keys of their own and are refused here, where they would be seen. Any thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_URL_H
#define SIMGATE_STORAGE_REDIS_URL_H

#include <stdbool.h>
#include <stdint.h>

#define REDIS_URL_HOST_MAX 255 /* characters of a host name: RFC 1035 §2.3.4 */
#define REDIS_URL_PATH_MAX 107 /* characters of a socket's path: sun_path in unix(7) */
#define REDIS_URL_PORT     6379

struct redis_url {
    char host[REDIS_URL_HOST_MAX + 1]; /* name or address, IPv6 without brackets; "" with a path */
    char path[REDIS_URL_PATH_MAX + 1]; /* of a Unix socket, or "" */
    uint16_t port;
    uint32_t database;
};

/* Whether the URL is one of these, right or wrong. */
bool redis_url_is_one(const char *text);

/* Returns NULL, or what is wrong, as a text that has nothing of the URL in it. */
const char *redis_url_parse(struct redis_url *url, const char *text);

/* Room for the longest text and a NUL. */
#define REDIS_URL_TEXT 300

/* The place for people, "127.0.0.1:6379", "[::1]:6379" or "/run/redis.sock". Returns `text`. */
const char *redis_url_format(const struct redis_url *url, char text[REDIS_URL_TEXT]);

#endif
