#include "storage/redis/redis_store.h"

#include "base/clock.h"
#include "storage/redis/exchanges.h"
#include "storage/redis/keys.h"
#include "storage/redis/locations.h"
#include "storage/redis/lookup.h"
#include "storage/redis/psks.h"
#include "storage/redis/session.h"
#include "storage/redis/templates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFUSAL_COUNTS (5 * CLOCK_SECOND) /* for the state, after the latest */

#define LOSS_PERIOD    (30 * CLOCK_SECOND) /* between two lines of one kind */
#define REFUSAL_PERIOD (10 * CLOCK_SECOND)
#define RECORD_PERIOD  (10 * CLOCK_SECOND)

static void redis_store_close(struct store *store)
{
    struct redis_store *r = (struct redis_store *)store;

    template_names_deinit(&r->templates);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static enum store_state redis_store_state(const struct store *store)
{
    const struct redis_store *r = (const struct redis_store *)store;
    enum store_state state = __atomic_load_n(&r->state, __ATOMIC_RELAXED);

    if (state == STORE_UP && counter_read(&r->refused_until) > clock_now())
        return STORE_DOWN;
    return state;
}

static void redis_store_count(const struct store *store, uint64_t sums[STORE_COUNTERS])
{
    struct redis_store *r = (struct redis_store *)store;

    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < STORE_COUNTERS; i++)
        sums[i] += r->retired[i];
    for (struct list_node *n = r->sessions.head.next; n != &r->sessions.head; n = n->next)
        for (int i = 0; i < STORE_COUNTERS; i++)
            sums[i] += counter_read(&container_of(n, struct redis_session, node)->counters[i]);
    pthread_mutex_unlock(&r->lock);
}

/* Redis tells of changes. */
static int redis_store_reload(struct store *store, char **error)
{
    *error = NULL;
    return 0;
}

static const struct store_ops redis_ops = {
    .shares_exchanges = true,
    .close = redis_store_close,
    .state = redis_store_state,
    .count = redis_store_count,
    .reload = redis_store_reload,
    .session_open = redis_session_open,
    .session_close = redis_session_close,
    .session_flush = redis_session_flush,
    .device_by_address = redis_device_by_address,
    .device_by_iccid = redis_device_by_iccid,
    .exchange_reserve = redis_exchange_reserve,
    .exchange_settle = redis_exchange_settle,
    .exchange_release = redis_exchange_release,
    .psk_bootstrap = redis_psk_bootstrap,
    .psk_find = redis_psk_find,
    .psk_prove = redis_psk_prove,
    .location_find = redis_location_find,
    .location_set = redis_location_set,
    .template_find = redis_template_find,
};

static int refuse(char **error, const char *what)
{
    *error = strdup(what);
    return -EINVAL;
}

int redis_store_open(struct store **store, const struct store_settings *settings,
                     const struct log *log, char **error)
{
    struct redis_url url;
    const char *wrong = redis_url_parse(&url, settings->url);
    struct redis_store *r;

    *error = NULL;
    if (wrong)
        return refuse(error, wrong);
    if (!redis_prefix_is_legal(settings->prefix))
        return refuse(error,
                      "redis.prefix: legal are at most 64 printable ASCII characters, but no "
                      "space and neither { nor }");
    r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    r->store.ops = &redis_ops;
    r->settings = *settings;
    r->url = url;
    r->log = log;
    r->state = STORE_STARTING;
    redis_url_format(&url, r->place);
    template_names_init(&r->templates);
    list_init(&r->sessions);
    pthread_mutex_init(&r->lock, NULL);
    *store = &r->store;
    return 0;
}

/* With the lock. */
static void update_state(struct redis_store *r)
{
    enum store_state state = STORE_DOWN;

    if (r->count == 0 || r->unreached > 0)
        state = STORE_STARTING;
    else if (r->up == r->count)
        state = STORE_UP;
    __atomic_store_n(&r->state, state, __ATOMIC_RELAXED);
}

void redis_store_add(struct redis_store *r, struct redis_session *s)
{
    pthread_mutex_lock(&r->lock);
    list_append(&r->sessions, &s->node);
    r->count++;
    r->unreached++;
    update_state(r);
    pthread_mutex_unlock(&r->lock);
}

void redis_store_remove(struct redis_store *r, struct redis_session *s)
{
    pthread_mutex_lock(&r->lock);
    list_remove(&s->node);
    r->count--;
    r->up -= s->is_up;
    r->unreached -= !s->reached;
    counter_set(&s->counters[STORE_SESSIONS_UP], 0);
    for (int i = 0; i < STORE_COUNTERS; i++)
        r->retired[i] += counter_read(&s->counters[i]);
    update_state(r);
    pthread_mutex_unlock(&r->lock);
}

void redis_store_note_up(struct redis_store *r, struct redis_session *s)
{
    pthread_mutex_lock(&r->lock);
    r->up++;
    r->unreached -= !s->reached;
    s->reached = s->is_up = true;
    update_state(r);
    if (r->up == r->count && !r->said_up) {
        log_info(r->log, "redis %s: connected, Redis %s", r->place, s->version);
        r->said_up = true;
        r->losses.next = 0; /* the next one is news */
    }
    pthread_mutex_unlock(&r->lock);
}

void redis_store_note_lost(struct redis_store *r, struct redis_session *s, const char *reason,
                           uint64_t wait)
{
    uint64_t suppressed;

    pthread_mutex_lock(&r->lock);
    r->up -= s->is_up;
    s->is_up = false;
    update_state(r);
    if (log_limit_pass(&r->losses, clock_now(), LOSS_PERIOD, &suppressed)) {
        log_warning(r->log, "redis %s: %s; trying again in %.1f s", r->place, reason,
                    (double)wait / (double)CLOCK_SECOND);
        r->said_up = false;
    }
    pthread_mutex_unlock(&r->lock);
}

void redis_store_note_refused_exchange(struct redis_store *r)
{
    counter_set(&r->refused_until, clock_now() + REFUSAL_COUNTS);
}

void redis_store_note_exchange(struct redis_store *r)
{
    if (counter_read(&r->refused_until))
        counter_set(&r->refused_until, 0);
}

/* Whether one of many lines may go. */
static bool may_warn(struct redis_store *r, struct log_limit *limit, uint64_t period)
{
    uint64_t suppressed;
    bool pass;

    pthread_mutex_lock(&r->lock);
    pass = log_limit_pass(limit, clock_now(), period, &suppressed);
    pthread_mutex_unlock(&r->lock);
    return pass;
}

void redis_store_warn_refused(struct redis_store *r, const char *error)
{
    if (may_warn(r, &r->refusals, REFUSAL_PERIOD))
        log_warning(r->log, "redis %s: refused: %s", r->place, error);
}

void redis_store_warn_record(struct redis_store *r, const struct redis_key *key, const char *what)
{
    if (may_warn(r, &r->records, RECORD_PERIOD))
        log_warning(r->log, "redis %s: %.*s: the %s makes no sense", r->place, key->length,
                    key->bytes, what);
}
