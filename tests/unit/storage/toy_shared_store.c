#include "tests/unit/storage/toy_shared_store.h"

#include "base/clock.h"
#include "base/net_address.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define EXCHANGES_MAX 16

struct toy_exchange {
    struct store_exchange_key key;
    uint64_t ends;
    struct store_exchange exchange;
};

struct toy_store {
    struct store store;
    pthread_mutex_t lock;
    struct toy_exchange exchanges[EXCHANGES_MAX];
    size_t count;
    struct conformance_device *devices;
    uint8_t (*ips)[16];
};

struct toy_session {
    struct store_session session;
    struct toy_store *store;
};

static struct toy_store *store_of(struct store_session *session)
{
    return ((struct toy_session *)session)->store;
}

static void toy_close(struct store *store)
{
    struct toy_store *toy = (struct toy_store *)store;

    free(toy->devices);
    free(toy->ips);
    free(toy);
}

static enum store_state toy_state(const struct store *store)
{
    return STORE_UP;
}

static void toy_count(const struct store *store, uint64_t sums[STORE_COUNTERS])
{
}

static struct store_session *toy_session_open(struct store *store, struct uv_loop_s *loop,
                                              const struct store_observer *observer)
{
    struct toy_session *s = malloc(sizeof(*s));

    s->session.ops = store->ops;
    s->store = (struct toy_store *)store;
    return &s->session;
}

static void toy_session_close(struct store_session *session)
{
    free(session);
}

static void toy_session_flush(struct store_session *session)
{
}

static void toy_device_by_address(struct store_session *session, const uint8_t ip[16],
                                  store_device_fn *done, void *context)
{
    struct toy_store *toy = store_of(session);

    for (size_t i = 0; i < toy->count; i++) {
        if (memcmp(toy->ips[i], ip, 16) == 0) {
            struct device device = toy->devices[i].device;

            done(context, STORE_OK, &device);
            return;
        }
    }
    done(context, STORE_ABSENT, NULL);
}

static void toy_device_by_iccid(struct store_session *session, const char *iccid,
                                store_device_fn *done, void *context)
{
    struct toy_store *toy = store_of(session);

    for (size_t i = 0; i < toy->count; i++) {
        if (strcmp(toy->devices[i].device.iccid, iccid) == 0) {
            struct device device = toy->devices[i].device;

            done(context, STORE_OK, &device);
            return;
        }
    }
    done(context, STORE_ABSENT, NULL);
}

/* The exchange with this key, or a free place, with the lock held. */
static struct toy_exchange *find(struct toy_store *toy, const struct store_exchange_key *key)
{
    struct toy_exchange *free_place = NULL;

    for (size_t i = 0; i < EXCHANGES_MAX; i++) {
        struct toy_exchange *e = &toy->exchanges[i];

        if (e->ends <= clock_now())
            free_place = e;
        else if (e->key.length == key->length && memcmp(e->key.bytes, key->bytes, key->length) == 0)
            return e;
    }
    free_place->ends = 0;
    free_place->key = *key;
    return free_place;
}

static void toy_exchange_reserve(struct store_session *session,
                                 const struct store_exchange_key *key, uint32_t request_hash,
                                 uint64_t life, store_exchange_fn *done, void *context)
{
    struct toy_store *toy = store_of(session);
    struct store_exchange found = {.state = STORE_EXCHANGE_RESERVED};
    struct toy_exchange *e;

    pthread_mutex_lock(&toy->lock);
    e = find(toy, key);
    if (e->ends) {
        found = e->exchange;
    } else {
        e->ends = clock_now() + life;
        e->exchange.state = STORE_EXCHANGE_IN_PROGRESS;
    }
    pthread_mutex_unlock(&toy->lock);
    done(context, STORE_OK, &found);
}

static void toy_exchange_settle(struct store_session *session, const struct store_exchange_key *key,
                                uint8_t code, uint32_t request_hash, uint64_t life)
{
    struct toy_store *toy = store_of(session);
    struct toy_exchange *e;

    pthread_mutex_lock(&toy->lock);
    e = find(toy, key);
    e->ends = clock_now() + life;
    e->exchange = (struct store_exchange){STORE_EXCHANGE_SETTLED, code, request_hash};
    pthread_mutex_unlock(&toy->lock);
}

static void toy_exchange_release(struct store_session *session,
                                 const struct store_exchange_key *key)
{
    struct toy_store *toy = store_of(session);

    pthread_mutex_lock(&toy->lock);
    find(toy, key)->ends = 0;
    pthread_mutex_unlock(&toy->lock);
}

static const struct store_ops toy_ops = {
    .shares_exchanges = true,
    .close = toy_close,
    .state = toy_state,
    .count = toy_count,
    .session_open = toy_session_open,
    .session_close = toy_session_close,
    .session_flush = toy_session_flush,
    .device_by_address = toy_device_by_address,
    .device_by_iccid = toy_device_by_iccid,
    .exchange_reserve = toy_exchange_reserve,
    .exchange_settle = toy_exchange_settle,
    .exchange_release = toy_exchange_release,
};

static struct store *toy_open(const struct conformance_device *devices, size_t count)
{
    struct toy_store *toy = calloc(1, sizeof(*toy));

    toy->store.ops = &toy_ops;
    pthread_mutex_init(&toy->lock, NULL);
    toy->count = count;
    toy->devices = calloc(count + 1, sizeof(*devices));
    toy->ips = calloc(count + 1, sizeof(*toy->ips));
    for (size_t i = 0; i < count; i++) {
        toy->devices[i] = devices[i];
        net_ip_parse(toy->ips[i], devices[i].address);
    }
    return &toy->store;
}

const struct store_factory toy_shared_factory = {.open = toy_open};
