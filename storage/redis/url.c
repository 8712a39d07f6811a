#include "storage/redis/url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE_MAX 65535 /* what Redis has by default is 16 */

static const char tcp_scheme[] = "redis://";
static const char unix_scheme[] = "redis+unix://";

/* What is behind the scheme, or NULL when the URL has another. */
static const char *behind(const char *text, const char *scheme)
{
    size_t length = strlen(scheme);

    return strncmp(text, scheme, length) == 0 ? text + length : NULL;
}

bool redis_url_is_one(const char *text)
{
    return behind(text, tcp_scheme) || behind(text, unix_scheme);
}

/* Digits and nothing else, up to the end of the text. */
static bool read_number(const char *text, unsigned long limit, unsigned long *number)
{
    size_t digits = strspn(text, "0123456789");

    if (digits < 1 || digits > 9 || text[digits])
        return false;
    *number = strtoul(text, NULL, 10);
    return *number <= limit;
}

static const char *read_database(struct redis_url *url, const char *text)
{
    unsigned long number;

    if (!read_number(text, DATABASE_MAX, &number))
        return "the database is a number from 0 to 65535";
    url->database = (uint32_t)number;
    return NULL;
}

static const char *read_port(struct redis_url *url, const char *text)
{
    unsigned long number;

    if (!read_number(text, UINT16_MAX, &number) || number == 0)
        return "the port is a number from 1 to 65535";
    url->port = (uint16_t)number;
    return NULL;
}

static bool keep(char *to, size_t room, const char *text, size_t length)
{
    if (length < 1 || length >= room)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isgraph((unsigned char)text[i]))
            return false;
    memcpy(to, text, length);
    to[length] = 0;
    return true;
}

/* "name", "name:port", "10.0.0.1:6379", "[::1]:6379" */
static const char *read_host(struct redis_url *url, const char *authority)
{
    bool bracketed = authority[0] == '[';
    const char *host = authority + bracketed;
    size_t length = strcspn(host, bracketed ? "]" : ":");
    const char *rest = host + length;

    if (bracketed && *rest++ != ']')
        return "the bracket of the address is not closed";
    if (!keep(url->host, sizeof(url->host), host, length))
        return "the host is missing or too long";
    if (*rest == ':')
        return strchr(rest + 1, ':') ? "an IPv6 address stands in brackets"
                                     : read_port(url, rest + 1);
    return *rest ? "behind the host comes :PORT, /DB or nothing" : NULL;
}

static const char *parse_tcp(struct redis_url *url, const char *text)
{
    char authority[REDIS_URL_HOST_MAX + sizeof("[]:65535")];
    size_t length = strcspn(text, "/");
    const char *database = text + length + (text[length] == '/');
    const char *wrong;

    if (length >= sizeof(authority))
        return "the host is missing or too long";
    memcpy(authority, text, length);
    authority[length] = 0;
    url->port = REDIS_URL_PORT;
    wrong = read_host(url, authority);
    return wrong || !*database ? wrong : read_database(url, database);
}

static const char *parse_unix(struct redis_url *url, const char *text)
{
    static const char parameter[] = "?db=";
    size_t length = strcspn(text, "?");
    const char *query = text + length;

    if (text[0] != '/')
        return "the path of the socket begins with / (redis+unix:///PATH)";
    if (!keep(url->path, sizeof(url->path), text, length))
        return "the path of the socket is longer than 107 characters, or not printable";
    if (!*query)
        return NULL;
    if (strncmp(query, parameter, strlen(parameter)) != 0)
        return "behind the path only ?db=N may come";
    return read_database(url, query + strlen(parameter));
}

const char *redis_url_parse(struct redis_url *url, const char *text)
{
    const char *tcp = behind(text, tcp_scheme), *local = behind(text, unix_scheme);

    *url = (struct redis_url){0};
    if (!tcp && !local)
        return "the scheme is redis:// or redis+unix://";
    if (strchr(tcp ? tcp : local, '@') && !(local && local[0] == '/'))
        return "user and password do not belong into the URL but into redis.username and "
               "redis.password or redis.password_file";
    if (local)
        return parse_unix(url, local);
    if (strpbrk(tcp, "?#"))
        return "behind the database nothing may come, neither ? nor #";
    return parse_tcp(url, tcp);
}

const char *redis_url_format(const struct redis_url *url, char text[REDIS_URL_TEXT])
{
    if (*url->path)
        snprintf(text, REDIS_URL_TEXT, "%s", url->path);
    else if (strchr(url->host, ':'))
        snprintf(text, REDIS_URL_TEXT, "[%s]:%u", url->host, url->port);
    else
        snprintf(text, REDIS_URL_TEXT, "%s:%u", url->host, url->port);
    return text;
}
