#include "storage/redis/setup.h"

#include "base/clock.h"
#include "base/net_address.h"
#include "storage/redis/keys.h"
#include "storage/redis/tracking.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_VERSION 7 /* SET with both NX and GET */

/* A command of the set-up, whose answer has to be no error and to pass the check. */
struct step {
    const char *name;
    /* Returns NULL, or what is wrong, as a text that lives in `reason`. */
    const char *(*check)(struct redis_session *s, const redisReply *reply,
                         char reason[REDIS_REASON_MAX]);
};

static void on_step(redisAsyncContext *context, void *reply, void *privdata)
{
    struct redis_link *link = context->data;
    struct redis_session *s = link->owner;
    const struct step *step = privdata;
    const redisReply *r = reply;
    char reason[REDIS_REASON_MAX], text[REDIS_REASON_MAX * 2];
    const char *wrong = NULL;

    if (!r || !s)
        return; /* it broke, which is told once and not here */
    if (r->type == REDIS_REPLY_ERROR)
        wrong = r->str;
    else if (step->check)
        wrong = step->check(s, r, reason);
    if (!wrong)
        return;
    snprintf(text, sizeof(text), "%s: %.*s", step->name, REDIS_REASON_MAX, wrong);
    redis_session_lose(s, STORE_UNREACHABLE, text);
}

static void send_words(struct redis_link *l, const struct step *step, int count, const char **words)
{
    redisAsyncCommandArgv(l->context, step ? on_step : NULL, (void *)step, count, words, NULL);
}

static void authenticate(struct redis_session *s, struct redis_link *l)
{
    static const struct step step = {.name = "AUTH"};
    const struct store_settings *settings = &s->store->settings;
    const char *words[] = {"AUTH", settings->username, settings->password};
    const char *words_alone[] = {"AUTH", settings->password};

    if (*settings->username)
        send_words(l, &step, 3, words);
    else if (*settings->password)
        send_words(l, &step, 2, words_alone);
}

static void set_name(struct redis_link *l)
{
    const char *words[] = {"CLIENT", "SETNAME", "simgate"};

    send_words(l, NULL, 3, words); /* a nicety: whether it may is all the same */
}

static const char *check_id(struct redis_session *s, const redisReply *reply,
                            char reason[REDIS_REASON_MAX])
{
    return reply_number(reply, UINT64_MAX, &s->subscriber_id) ? NULL : "no number";
}

static void set_up_subscriber(struct redis_session *s)
{
    static const struct step id = {"CLIENT ID", check_id};
    const char *words[] = {"CLIENT", "ID"};

    authenticate(s, s->subscriber);
    send_words(s->subscriber, &id, 2, words);
    set_name(s->subscriber);
    tracking_subscribe(s);
}

static const char *check_version(struct redis_session *s, const redisReply *reply,
                                 char reason[REDIS_REASON_MAX])
{
    static const char name[] = "redis_version:";
    const char *version = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, name) : NULL;

    if (!version)
        return "no version";
    version += strlen(name);
    snprintf(s->version, sizeof(s->version), "%.*s", (int)strcspn(version, "\r\n"), version);
    if (strtoul(version, NULL, 10) >= OLDEST_VERSION)
        return NULL;
    snprintf(reason, REDIS_REASON_MAX, "this is Redis %s, and %d.0 is the oldest that will do",
             s->version, OLDEST_VERSION);
    return reason;
}

static const char *check_pong(struct redis_session *s, const redisReply *reply,
                              char reason[REDIS_REASON_MAX])
{
    if (!reply_is_text(reply, "PONG"))
        return "no PONG";
    redis_session_come_up(s);
    return NULL;
}

/* Kinds of keys: not those that change all the time. */
#define TRACKED        4
#define TRACKING_WORDS 6 /* that come before them */

static void start_tracking(struct redis_session *s)
{
    static const struct step step = {.name = "CLIENT TRACKING"};
    static const char *const kinds[TRACKED] = {REDIS_KEY_DEVICE, REDIS_KEY_ADDRESS,
                                               REDIS_KEY_TEMPLATE, REDIS_KEY_ACTIVE_TEMPLATE};
    const char *prefix = s->store->settings.prefix;
    char id[24], tracked[TRACKED][REDIS_KEY_MAX];
    const char *words[TRACKING_WORDS + 2 * TRACKED] = {"CLIENT",   "TRACKING", "ON",
                                                       "REDIRECT", id,         "BCAST"};

    snprintf(id, sizeof(id), "%llu", (unsigned long long)s->subscriber_id);
    for (size_t i = 0; i < TRACKED; i++) {
        snprintf(tracked[i], sizeof(tracked[i]), "%s%s", prefix, kinds[i]);
        words[TRACKING_WORDS + 2 * i] = "PREFIX";
        words[TRACKING_WORDS + 2 * i + 1] = tracked[i];
    }
    send_words(s->data, &step, TRACKING_WORDS + 2 * TRACKED, words);
}

static void set_up_data(struct redis_session *s)
{
    static const struct step select = {.name = "SELECT"};
    static const struct step info = {"INFO", check_version}; /* answers while Redis loads, too */
    static const struct step ping = {"PING", check_pong};
    char database[12];
    const char *select_words[] = {"SELECT", database};
    const char *info_words[] = {"INFO", "server"};
    const char *ping_words[] = {"PING"};

    snprintf(database, sizeof(database), "%u", s->store->url.database);
    authenticate(s, s->data);
    send_words(s->data, &info, 2, info_words);
    send_words(s->data, &select, 2, select_words);
    set_name(s->data);
    start_tracking(s);
    send_words(s->data, &ping, 1, ping_words);
}

/* Opens one of the two, at the address that was found. */
static bool open_link(struct redis_session *s, struct redis_link **link)
{
    const struct redis_url *url = &s->store->url;
    const char *host = *url->path ? NULL : s->address;
    char reason[REDIS_REASON_MAX];
    const char *wrong = redis_link_open(link, s->loop, url, host, link == &s->subscriber,
                                        &redis_session_link_ops, s, reason);

    if (wrong)
        redis_session_lose(s, STORE_UNREACHABLE, wrong);
    return !wrong;
}

static void set_up(struct redis_session *s)
{
    s->phase = SESSION_SETTING_UP;
    if (open_link(s, &s->subscriber))
        set_up_subscriber(s);
}

void setup_go_on(struct redis_session *s)
{
    if (open_link(s, &s->data))
        set_up_data(s);
}

const struct addrinfo *setup_choose(const struct addrinfo *first, uint32_t attempt)
{
    const struct addrinfo *chosen = first;
    uint32_t count = 1;

    for (const struct addrinfo *a = first->ai_next; a; a = a->ai_next)
        count++;
    for (uint32_t i = attempt % count; i > 0; i--)
        chosen = chosen->ai_next;
    return chosen;
}

static void use_addresses(struct redis_session *s, const struct addrinfo *first)
{
    const struct addrinfo *chosen = setup_choose(first, s->attempts);

    if (getnameinfo(chosen->ai_addr, chosen->ai_addrlen, s->address, sizeof(s->address), NULL, 0,
                    NI_NUMERICHOST) != 0)
        redis_session_lose(s, STORE_UNREACHABLE, "its name has an address of no known kind");
    else
        set_up(s);
}

static void on_resolved(uv_getaddrinfo_t *resolver, int status, struct addrinfo *first)
{
    struct redis_session *s = resolver->data;
    char reason[REDIS_REASON_MAX];

    s->resolving = false;
    if (s->phase == SESSION_RESOLVING && status == 0) {
        use_addresses(s, first);
    } else if (s->phase == SESSION_RESOLVING) {
        snprintf(reason, sizeof(reason), "its name: %s", uv_strerror(status));
        redis_session_lose(s, STORE_UNREACHABLE, reason);
    }
    uv_freeaddrinfo(first);
    redis_session_release(s);
}

static void resolve(struct redis_session *s)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

    s->phase = SESSION_RESOLVING;
    if (s->resolving)
        return; /* for an attempt before, which it outlasted */
    s->resolver.data = s;
    s->resolving =
        uv_getaddrinfo(s->loop, &s->resolver, on_resolved, s->store->url.host, NULL, &hints) == 0;
    s->open_handles += s->resolving;
    if (!s->resolving)
        redis_session_lose(s, STORE_UNREACHABLE, "its name cannot be looked up now");
}

void setup_start(struct redis_session *s)
{
    const struct redis_url *url = &s->store->url;
    uint8_t ip[16];

    s->attempts++;
    if (*url->path || net_ip_parse(ip, url->host)) {
        snprintf(s->address, sizeof(s->address), "%.*s", (int)sizeof(s->address) - 1, url->host);
        set_up(s);
    } else {
        resolve(s);
    }
}
