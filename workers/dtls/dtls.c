#include "workers/dtls/dtls.h"

#include "base/clock.h"
#include "workers/dtls/handshake.h"
#include "workers/dtls/held.h"
#include "workers/dtls/living.h"
#include "workers/dtls/sleep.h"

#include <errno.h>
#include <string.h>

#define HELD_MAX 4096 /* datagrams of all handshakes */

int dtls_init(struct dtls *d, const struct dtls_settings *settings,
              const struct dtls_handler *handler, struct random_source *random)
{
    int error;

    memset(d, 0, sizeof(*d));
    d->settings = *settings;
    d->handler = *handler;
    d->random = random;
    d->context = session_context_open();
    if (!d->context)
        return -ENOMEM;
    error = association_table_init(&d->table, settings->associations, &settings->prefix);
    if (!error)
        error = slab_init(&d->handshake_slab, sizeof(struct handshake), settings->handshakes);
    if (!error)
        error = slab_init(&d->held_slab, sizeof(struct held_datagram), HELD_MAX);
    if (!error)
        error = timer_heap_init(&d->timers, settings->handshakes);
    if (!error)
        error = key_choice_init(&d->key_choice);
    if (!error)
        error = cookies_init(&d->cookies, d->context, settings->cookie_life, handshake_begin, d);
    return error;
}

static void close_all(struct dtls *d, struct list *list)
{
    for (struct list_node *n = list->head.next; n && n != &list->head; n = n->next) {
        struct association *a = container_of(n, struct association, in_age);

        session_close(a->session);
        association_forget_frozen(d, a);
    }
}

void dtls_deinit(struct dtls *d)
{
    cookies_deinit(&d->cookies);
    close_all(d, &d->table.handshakes);
    close_all(d, &d->table.living);
    close_all(d, &d->table.resting);
    association_table_deinit(&d->table);
    slab_deinit(&d->handshake_slab);
    slab_deinit(&d->held_slab);
    timer_heap_deinit(&d->timers);
    session_context_close(d->context);
    d->context = NULL;
}

static void count(struct dtls *d, enum dtls_counter counter)
{
    counter_add(&d->counters[counter], 1);
}

/* A datagram for an association that there is, or NULL. */
static void receive_records(struct dtls *d, struct association *a, const struct datagram_path *path,
                            const struct records *all)
{
    if (!a)
        count(d, DTLS_DROPPED_NO_ASSOCIATION);
    else if (!filter_allows(&a->filter, all))
        count(d, DTLS_DROPPED_FILTERED);
    else if (a->handshake)
        handshake_receive(d, a, path, all);
    else
        living_receive(d, a, path, all);
}

static void receive_new_hello(struct dtls *d, const struct datagram_path *path,
                              const struct client_hello *hello, const struct record *r)
{
    d->hello_path = path;
    d->hello = hello;
    d->begun = NULL;
    switch (cookies_check(&d->cookies, d->now, &path->peer, hello, r)) {
    case COOKIE_ANSWERED:
        count(d, DTLS_HELLO_VERIFY_REQUESTS);
        d->handler.datagram(d->handler.context, path, d->cookies.answer, d->cookies.answer_length);
        break;
    case COOKIE_GOOD:
        d->begun->filter.sequence = r->sequence;
        d->begun->filter.hello = hello->number;
        handshake_begun(d, d->begun, d->cookies.progress);
        break;
    case COOKIE_DROPPED:
        count(d, DTLS_DROPPED_HELLO);
    }
}

static bool is_hello_of(const struct dtls *d, const struct association *a,
                        const struct client_hello *hello)
{
    return a && a->hello == keyed_hash(&d->table.key, hello->random, 32);
}

/* A ClientHello of a handshake that is through, delayed by the network: there are clients that take
 * a HelloVerifyRequest amiss then. After a while it is a client that draws the same numbers
 * whenever it starts, and begins anew. */
static bool is_late(struct dtls *d, const struct net_address *peer,
                    const struct client_hello *hello)
{
    const struct association *a = table_find(&d->table, peer, true);

    return is_hello_of(d, a, hello) && d->now < a->last_used + d->settings.handshake_timeout;
}

/* A ClientHello: a new one, or one of a handshake that is known. A late one without the cookie is
 * not answered any more. */
static void receive_hello(struct dtls *d, const struct datagram_path *path,
                          const struct client_hello *hello, const struct records *all)
{
    struct association *starting = table_find(&d->table, &path->peer, false);
    bool of_starting = is_hello_of(d, starting, hello);
    bool alone = all->first.size == all->length; /* nothing can follow it in its flight */

    if (alone && of_starting && hello->cookie_length > 0)
        receive_records(d, starting, path, all);
    else if (!alone || of_starting || is_late(d, &path->peer, hello))
        count(d, DTLS_DROPPED_FILTERED);
    else
        receive_new_hello(d, path, hello, &all->first);
}

/* Whose the datagram is, where the address has a living association and a handshake as well. */
static struct association *find(struct dtls *d, const struct datagram_path *path,
                                const struct record *r)
{
    struct association *a;
    bool handshake = r->epoch == 0 || r->type == RECORD_HANDSHAKE;

    if (r->type == RECORD_CID)
        return table_find_cid(&d->table, r->cid);
    a = table_find(&d->table, &path->peer, !handshake);
    return a ? a : table_find(&d->table, &path->peer, handshake);
}

void dtls_receive(struct dtls *d, uint64_t now, const struct datagram_path *path,
                  const uint8_t *bytes, size_t length)
{
    struct handshake_message m;
    struct client_hello hello;
    struct records all;

    d->now = now;
    if (!records_open(&all, bytes, length)) {
        count(d, DTLS_DROPPED_MALFORMED);
        return;
    }
    if (all.first.epoch == 0 && all.first.type == RECORD_HANDSHAKE &&
        handshake_parse(&m, &all.first) && client_hello_parse(&hello, &m))
        receive_hello(d, path, &hello, &all);
    else
        receive_records(d, find(d, path, &all.first), path, &all);
}

int dtls_send(struct dtls *d, uint64_t now, uint64_t id, const uint8_t *bytes, size_t length)
{
    struct association *a = table_find_id(&d->table, id);

    d->now = now;
    return a && association_is_living(a) ? living_send(d, a, bytes, length) : -ENOENT;
}

void dtls_psk_answer(struct dtls *d, uint64_t now, uint64_t id, const struct dtls_psk *psk)
{
    struct association *a = table_find_id(&d->table, id);

    d->now = now;
    if (a && a->handshake)
        handshake_answer(d, a, psk);
}

void dtls_psk_unavailable(struct dtls *d, uint64_t now, uint64_t id)
{
    struct association *a = table_find_id(&d->table, id);

    d->now = now;
    if (a && a->handshake)
        handshake_abandon(d, a);
}

static void end(struct dtls *d, struct association *a)
{
    if (association_is_living(a) && association_thaw(d, a))
        session_shutdown(a->session);
    association_end(d, a, DTLS_ENDED_ASKED);
}

void dtls_end(struct dtls *d, uint64_t now, uint64_t id)
{
    struct association *a = table_find_id(&d->table, id);

    d->now = now;
    if (a)
        end(d, a);
}

/* The one that is to rest next, or NULL. */
static struct association *next_to_rest(const struct dtls *d)
{
    struct list_node *n = d->settings.sleep_after > 0 ? list_first(&d->table.living) : NULL;

    return n ? container_of(n, struct association, in_age) : NULL;
}

static uint64_t due(const struct association *a, uint64_t after)
{
    return a ? a->last_used + after : CLOCK_NEVER;
}

uint64_t dtls_deadline(const struct dtls *d)
{
    uint64_t deadline = timer_heap_deadline(&d->timers);
    uint64_t idle = due(table_idlest(&d->table), d->settings.idle_timeout);
    uint64_t rest = due(next_to_rest(d), d->settings.sleep_after);

    if (idle < deadline)
        deadline = idle;
    return rest < deadline ? rest : deadline;
}

void dtls_advance(struct dtls *d, uint64_t now)
{
    struct association *a;
    struct timer_node *n;

    d->now = now;
    while ((n = timer_heap_expire(&d->timers, now)))
        handshake_expire(d, container_of(n, struct handshake, timer));
    while (due(a = table_idlest(&d->table), d->settings.idle_timeout) <= now)
        association_end(d, a, DTLS_ENDED_IDLE);
    while (due(a = next_to_rest(d), d->settings.sleep_after) <= now)
        association_rest(d, a);
}

void dtls_gather(struct dtls *d)
{
    counter_set(&d->counters[DTLS_ASSOCIATIONS], d->table.living_count);
    counter_set(&d->counters[DTLS_ASLEEP], d->frozen_count);
    counter_set(&d->counters[DTLS_HANDSHAKES], d->table.handshake_count);
}
