/* The checks of store_conformance.h that are about exchanges. */
#include "tests/unit/storage/conformance_client.h"
#include "tests/unit/storage/store_conformance.h"

#include <time.h>

#define LIFE       (60 * CLOCK_SECOND)
#define SHORT_LIFE (50 * CLOCK_MILLISECOND)

static const struct store_exchange_key key = {.bytes = "endpoint and id", .length = 15};

/* Two gateways at one store, if it has a memory that they can share. */
struct pair {
    struct store *store;
    struct client one;
    struct client other;
};

static bool pair_open(struct pair *p, const struct store_factory *factory)
{
    p->store = factory->open(NULL, 0);
    return p->store && client_open(&p->one, p->store) && client_open(&p->other, p->store);
}

static const char *pair_close(struct pair *p, const char *result)
{
    bool orderly = client_close(&p->one) && client_close(&p->other);

    store_close(p->store);
    return orderly ? result : "something came outside of a batch";
}

/* The state that a reservation finds; -1 when the store did not say. */
static int state_of(const struct answer *answer)
{
    return answer->calls == 1 && answer->result == STORE_OK ? (int)answer->exchange.state : -1;
}

static int reserve(struct client *c, const struct store_exchange_key *k, uint64_t life)
{
    struct answer answer = client_reserve(c, k, life);

    return state_of(&answer);
}

/* Settling and releasing are not answered, so another session may see them a little later. */
static struct answer reserve_until(struct client *c, enum store_exchange_state wanted)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    uint64_t deadline = clock_now() + CONFORMANCE_PATIENCE;
    struct answer answer = client_reserve(c, &key, LIFE);

    while (state_of(&answer) != (int)wanted && clock_now() < deadline) {
        nanosleep(&pause, NULL);
        answer = client_reserve(c, &key, LIFE);
    }
    return answer;
}

const char *conformance_reserves_a_new_exchange(const struct store_factory *factory)
{
    struct pair p;

    REQUIRE(pair_open(&p, factory));
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_RESERVED);
    return pair_close(&p, NULL);
}

const char *conformance_always_reserves_unless_shared(const struct store_factory *factory)
{
    struct pair p;

    REQUIRE(pair_open(&p, factory));
    if (store_shares_exchanges(p.one.session))
        return pair_close(&p, CONFORMANCE_SKIPPED);
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_RESERVED);
        REQUIRE(reserve(&p.other, &key, LIFE) == STORE_EXCHANGE_RESERVED);
        store_exchange_settle(p.one.session, &key, 0x44, 0x1234, LIFE);
    }
    store_exchange_release(p.other.session, &key);
    return pair_close(&p, NULL);
}

const char *conformance_shared_reservation_is_in_progress(const struct store_factory *factory)
{
    struct pair p;

    REQUIRE(pair_open(&p, factory));
    if (!store_shares_exchanges(p.one.session))
        return pair_close(&p, CONFORMANCE_SKIPPED);
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_RESERVED);
    REQUIRE(reserve(&p.other, &key, LIFE) == STORE_EXCHANGE_IN_PROGRESS);
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_IN_PROGRESS);
    return pair_close(&p, NULL);
}

const char *conformance_shared_outcome_is_told(const struct store_factory *factory)
{
    struct pair p;
    struct answer answer;

    REQUIRE(pair_open(&p, factory));
    if (!store_shares_exchanges(p.one.session))
        return pair_close(&p, CONFORMANCE_SKIPPED);
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_RESERVED);
    store_exchange_settle(p.one.session, &key, 0x44, 0xfedcba98, LIFE);
    store_session_flush(p.one.session);
    answer = reserve_until(&p.other, STORE_EXCHANGE_SETTLED);
    REQUIRE(state_of(&answer) == STORE_EXCHANGE_SETTLED);
    REQUIRE(answer.exchange.code == 0x44);
    REQUIRE(answer.exchange.request_hash == 0xfedcba98);
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_SETTLED);
    return pair_close(&p, NULL);
}

const char *conformance_shared_release_frees(const struct store_factory *factory)
{
    struct pair p;
    struct answer answer;

    REQUIRE(pair_open(&p, factory));
    if (!store_shares_exchanges(p.one.session))
        return pair_close(&p, CONFORMANCE_SKIPPED);
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_RESERVED);
    store_exchange_release(p.one.session, &key);
    store_session_flush(p.one.session);
    answer = reserve_until(&p.other, STORE_EXCHANGE_RESERVED);
    REQUIRE(state_of(&answer) == STORE_EXCHANGE_RESERVED);
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_IN_PROGRESS);
    return pair_close(&p, NULL);
}

const char *conformance_shared_reservation_ends(const struct store_factory *factory)
{
    struct pair p;
    struct answer answer;
    uint64_t reserved;

    REQUIRE(pair_open(&p, factory));
    if (!store_shares_exchanges(p.one.session))
        return pair_close(&p, CONFORMANCE_SKIPPED);
    reserved = clock_now();
    REQUIRE(reserve(&p.one, &key, SHORT_LIFE) == STORE_EXCHANGE_RESERVED);
    answer = reserve_until(&p.other, STORE_EXCHANGE_RESERVED);
    REQUIRE(state_of(&answer) == STORE_EXCHANGE_RESERVED);
    REQUIRE(clock_now() - reserved >= SHORT_LIFE);
    return pair_close(&p, NULL);
}

const char *conformance_shared_keys_are_apart(const struct store_factory *factory)
{
    struct store_exchange_key shorter = key, longest = key;
    struct pair p;

    shorter.length--;
    longest.length = sizeof(longest.bytes); /* with NUL bytes in it */
    REQUIRE(pair_open(&p, factory));
    if (!store_shares_exchanges(p.one.session))
        return pair_close(&p, CONFORMANCE_SKIPPED);
    REQUIRE(reserve(&p.one, &key, LIFE) == STORE_EXCHANGE_RESERVED);
    REQUIRE(reserve(&p.one, &shorter, LIFE) == STORE_EXCHANGE_RESERVED);
    REQUIRE(reserve(&p.one, &longest, LIFE) == STORE_EXCHANGE_RESERVED);
    REQUIRE(reserve(&p.other, &longest, LIFE) == STORE_EXCHANGE_IN_PROGRESS);
    return pair_close(&p, NULL);
}
