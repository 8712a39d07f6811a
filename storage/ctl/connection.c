#include "storage/ctl/connection.h"

#include "base/secret_file.h"
#include "base/writer.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/refusal.h"

#include <ctype.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE 5 /* seconds to connect, and for each answer */
#define OLDEST   7 /* major version of Redis: SET … NX GET */
#define SHOWN    200

static const char prefix_by_default[] = "simgate:";

static void complain_broken(const struct ctl_connection *c)
{
    if (c->context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
        fprintf(stderr, "simgatectl: Redis at %s did not answer within %d s\n", c->name, PATIENCE);
    else
        fprintf(stderr, "simgatectl: Redis at %s: the connection broke: %s\n", c->name,
                c->context->errstr);
}

int ctl_error_length(const char *error)
{
    const char *script = strstr(error, " script: ");
    size_t length = script ? (size_t)(script - error) : strcspn(error, "\r\n");

    return (int)(length < SHOWN ? length : SHOWN);
}

void ctl_connection_complain(const struct ctl_connection *c, const redisReply *error,
                             const char *key)
{
    const char *explanation = refusal_explain(error->str);

    fprintf(stderr, "simgatectl: Redis at %s refused: %s%s%.*s%s%s%s\n", c->name,
            explanation ? explanation : "", explanation ? " (" : "", ctl_error_length(error->str),
            error->str, key ? ": " : "", key ? key : "", explanation ? ")" : "");
}

void ctl_connection_complain_unexpected(const struct ctl_connection *c)
{
    fprintf(stderr, "simgatectl: Redis at %s gave an answer that makes no sense\n", c->name);
}

bool ctl_reply_is_wrong_type(const redisReply *reply)
{
    static const char wrong_type[] = "WRONGTYPE";

    return reply->type == REDIS_REPLY_ERROR &&
           strncmp(reply->str, wrong_type, strlen(wrong_type)) == 0;
}

const char *ctl_reply_text(char *to, size_t room, const redisReply *reply)
{
    struct writer w = writer_over(to, room);
    size_t length;

    if (!reply || reply->type != REDIS_REPLY_STRING || reply->len == 0)
        return memcpy(to, "-", 2);
    length = reply->len < room ? reply->len : room - 1;
    for (size_t i = 0; i < length; i++)
        writer_u8(&w, isgraph((unsigned char)reply->str[i]) ? (uint8_t)reply->str[i] : '?');
    writer_terminate(&w);
    return to;
}

const char *ctl_key_text(char to[REDIS_KEY_MAX + 1], const struct redis_key *key)
{
    memcpy(to, key->bytes, key->length);
    to[key->length] = 0;
    return to;
}

bool ctl_connection_send(struct ctl_connection *c, size_t count, const char **words,
                         const size_t *lengths)
{
    if (redisAppendCommandArgv(c->context, (int)count, words, lengths) == REDIS_OK)
        return true;
    fputs("simgatectl: out of memory\n", stderr);
    return false;
}

redisReply *ctl_connection_receive(struct ctl_connection *c)
{
    void *reply = NULL;

    errno = 0;
    if (redisGetReply(c->context, &reply) == REDIS_OK && reply)
        return reply;
    complain_broken(c);
    return NULL;
}

redisReply *ctl_connection_ask(struct ctl_connection *c, size_t count, const char **words)
{
    redisReply *reply =
        ctl_connection_send(c, count, words, NULL) ? ctl_connection_receive(c) : NULL;

    if (reply && reply->type == REDIS_REPLY_ERROR) {
        ctl_connection_complain(c, reply, ctl_reply_is_wrong_type(reply) ? words[1] : NULL);
        freeReplyObject(reply);
        return NULL;
    }
    return reply;
}

/* The password, "" where there is none. A file's is read into `buffer`. NULL after a complaint. */
static const char *find_password(const struct ctl_arguments *a, char buffer[SECRET_MAX + 1])
{
    const char *path = ctl_option_value(a, OPTION_PASSWORD_FILE);
    const char *text = a->given[OPTION_PASSWORD_FILE] ? NULL : getenv("SIMGATE_REDIS_PASSWORD");

    if (text && *text)
        return text;
    if (!path || !*path)
        return "";
    if (secret_file_read(path, buffer))
        return buffer;
    fprintf(stderr, "simgatectl: %s: %s\n", path, strerror(errno));
    return NULL;
}

/* The value behind a name in the answer to HELLO, or NULL. */
static const redisReply *hello_value(const redisReply *hello, const char *name)
{
    for (size_t i = 0; hello->type == REDIS_REPLY_ARRAY && i + 1 < hello->elements; i += 2)
        if (hello->element[i]->type == REDIS_REPLY_STRING &&
            strcmp(hello->element[i]->str, name) == 0 &&
            hello->element[i + 1]->type == REDIS_REPLY_STRING)
            return hello->element[i + 1];
    return NULL;
}

/* Whether it is a server that can hold devices. */
static bool check_server(const struct ctl_connection *c, const redisReply *hello)
{
    const redisReply *version = hello_value(hello, "version"), *mode = hello_value(hello, "mode");

    if (!version || !mode)
        ctl_connection_complain_unexpected(c);
    else if (strtoul(version->str, NULL, 10) < OLDEST)
        fprintf(stderr, "simgatectl: Redis at %s is of version %.20s: simgate needs 7.0 or newer\n",
                c->name, version->str);
    else if (strcmp(mode->str, "standalone") != 0)
        fprintf(stderr,
                "simgatectl: Redis at %s is in %.20s mode, with which simgate does not work: "
                "name a server that has all keys\n",
                c->name, mode->str);
    else
        return true;
    return false;
}

/* Returns an enum ctl_exit. */
static int log_in(struct ctl_connection *c, const struct ctl_arguments *a)
{
    char buffer[SECRET_MAX + 1];
    const char *password = find_password(a, buffer);
    const char *username = ctl_option_value(a, OPTION_USERNAME);
    bool has_username = username && *username;
    const char *words[] = {"HELLO", "2", "AUTH", has_username ? username : "default", password};
    redisReply *hello;
    int code;

    if (!password)
        return CTL_USAGE;
    hello = ctl_connection_ask(c, *password || has_username ? 5 : 2, words);
    explicit_bzero(buffer, sizeof(buffer));
    code = hello && check_server(c, hello) ? CTL_OK : CTL_STORE;
    freeReplyObject(hello);
    return code;
}

/* Returns an enum ctl_exit. */
static int choose_database(struct ctl_connection *c, uint32_t database)
{
    char number[16];
    const char *words[] = {"SELECT", number};
    redisReply *reply;

    if (database == 0)
        return CTL_OK;
    snprintf(number, sizeof(number), "%" PRIu32, database);
    reply = ctl_connection_ask(c, 2, words);
    freeReplyObject(reply);
    return reply ? CTL_OK : CTL_STORE;
}

static int connect_to(struct ctl_connection *c, const struct redis_url *url)
{
    const struct timeval patience = {.tv_sec = PATIENCE};

    /* a write to a connection that is gone is an error like others */
    signal(SIGPIPE, SIG_IGN);
    c->context = *url->path ? redisConnectUnixWithTimeout(url->path, patience)
                            : redisConnectWithTimeout(url->host, url->port, patience);
    if (!c->context) {
        fputs("simgatectl: out of memory\n", stderr);
        return CTL_STORE;
    }
    if (c->context->err) {
        fprintf(stderr, "simgatectl: Redis at %s was not reached: %s\n", c->name,
                c->context->errstr);
        return CTL_STORE;
    }
    redisSetTimeout(c->context, patience);
    return CTL_OK;
}

int ctl_connection_open(struct ctl_connection *c, const struct ctl_arguments *a)
{
    struct redis_url url;
    const char *prefix = ctl_option_value(a, OPTION_PREFIX);
    const char *wrong = redis_url_parse(&url, ctl_option_value(a, OPTION_STORE));
    int code;

    *c = (struct ctl_connection){.prefix = prefix ? prefix : prefix_by_default};
    if (!redis_prefix_is_legal(c->prefix))
        wrong = "the prefix has up to 64 printable characters, without spaces and braces";
    if (wrong) {
        fprintf(stderr, "simgatectl: %s\n", wrong);
        return CTL_USAGE;
    }
    redis_url_format(&url, c->name);
    code = connect_to(c, &url);
    if (code == CTL_OK)
        code = log_in(c, a);
    if (code == CTL_OK)
        code = choose_database(c, url.database);
    return code;
}

void ctl_connection_close(struct ctl_connection *c)
{
    if (c->context)
        redisFree(c->context);
    c->context = NULL;
}
