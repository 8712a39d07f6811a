#include "workers/dtls/cookie.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* What goes out before the cookie is good is kept back, and looked at. */
static void keep(void *owner, const uint8_t *bytes, size_t length)
{
    struct cookies *c = owner;

    c->answer_length = 0;
    if (length > sizeof(c->answer))
        return;
    memcpy(c->answer, bytes, length);
    c->answer_length = length;
}

static bool take_over(void *owner, struct session *s)
{
    struct cookies *c = owner;

    c->good = c->verified(c->owner, s);
    return c->good;
}

static size_t no_key(void *owner, const char *identity, uint8_t key[SESSION_KEY_ROOM])
{
    return 0;
}

static const struct session_events scratch_events = {keep, take_over, no_key};

static int draw(uint8_t secret[SESSION_COOKIE_SECRET])
{
    return getrandom(secret, SESSION_COOKIE_SECRET, 0) == SESSION_COOKIE_SECRET ? 0 : -errno;
}

int cookies_init(struct cookies *c, struct session_context *context, uint64_t life,
                 bool (*verified)(void *owner, struct session *s), void *owner)
{
    int error;

    *c = (struct cookies){.context = context, .life = life, .verified = verified, .owner = owner};
    error = draw(c->secrets[0]);
    return error ? error : draw(c->secrets[1]);
}

void cookies_deinit(struct cookies *c)
{
    session_close(c->scratch[0]);
    session_close(c->scratch[1]);
    explicit_bzero(c, sizeof(*c));
}

static void rotate(struct cookies *c, uint64_t now)
{
    if (now < c->expires)
        return;
    session_close(c->scratch[1]);
    c->scratch[1] = c->scratch[0];
    c->scratch[0] = NULL;
    memcpy(c->secrets[1], c->secrets[0], SESSION_COOKIE_SECRET);
    if (draw(c->secrets[0]) != 0) /* the kernel has always enough: keep what there is */
        memcpy(c->secrets[0], c->secrets[1], SESSION_COOKIE_SECRET);
    c->expires = now + c->life;
}

/* Shows a ClientHello to one of the two; false: it was not to its taste, and needs a successor. */
static bool show(struct cookies *c, unsigned which, const struct net_address *peer,
                 const struct record *r)
{
    struct session **s = &c->scratch[which];

    c->answer_length = 0;
    if (!*s)
        *s = session_open(c->context, &scratch_events, c, c->secrets[which]);
    if (!*s)
        return false;
    session_set_peer(*s, peer);
    c->progress = session_handshake(*s, r->start, r->size);
    if (c->good) {
        *s = NULL;
    } else if (c->progress != SESSION_WAITS) {
        session_close(*s);
        *s = NULL;
    }
    return c->progress == SESSION_WAITS || c->good;
}

static bool is_hello_verify_request(const uint8_t *bytes, size_t length)
{
    struct cursor c = cursor_over(bytes, length);
    struct handshake_message m;
    struct record r;

    return record_next(&c, &r) && r.type == RECORD_HANDSHAKE && handshake_parse(&m, &r) &&
           m.type == HANDSHAKE_HELLO_VERIFY_REQUEST;
}

/* Whether the cookie was made with the secret before. The answer stays that of the present one. */
static bool is_older(struct cookies *c, const struct net_address *peer, const struct record *r)
{
    uint8_t answer[COOKIE_ANSWER_ROOM];
    size_t length = c->answer_length;

    memcpy(answer, c->answer, length);
    show(c, 1, peer, r);
    memcpy(c->answer, answer, length);
    c->answer_length = length;
    return c->good;
}

enum cookie_result cookies_check(struct cookies *c, uint64_t now, const struct net_address *peer,
                                 const struct client_hello *hello, const struct record *r)
{
    rotate(c, now);
    c->good = false;
    if (!show(c, 0, peer, r))
        return COOKIE_DROPPED;
    if (c->good || (hello->cookie_length > 0 && is_older(c, peer, r)))
        return COOKIE_GOOD;
    if (c->answer_length > r->size || !is_hello_verify_request(c->answer, c->answer_length))
        return COOKIE_DROPPED;
    return COOKIE_ANSWERED;
}
