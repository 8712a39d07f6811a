/* The checks of store_conformance.h that are about keys. */
#include "tests/unit/storage/conformance_client.h"
#include "tests/unit/storage/store_conformance.h"

#include <string.h>
#include <time.h>

#define ICCID "8988280666000002864"
#define OTHER "8988280666000002865"

struct scene {
    struct store *store;
    struct client one, other;
};

static bool scene_open(struct scene *s, const struct store_factory *factory)
{
    s->store = factory->open(NULL, 0);
    return s->store && client_open(&s->one, s->store) && client_open(&s->other, s->store);
}

static const char *scene_close(struct scene *s)
{
    bool orderly = client_close(&s->one) && client_close(&s->other);

    store_close(s->store);
    return orderly ? NULL : "something came outside of a batch";
}

const char *conformance_a_device_without_a_key_is_given_one(const struct store_factory *factory)
{
    struct answer first, again;
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    REQUIRE(client_find_keys(&s.one, ICCID).result == STORE_ABSENT);
    first = client_bootstrap(&s.one, ICCID);
    REQUIRE(first.calls == 1 && first.result == STORE_OK);
    REQUIRE(strlen(first.keys.newest.text) == PSK_GENERATED);
    REQUIRE(psk_is_legal(&first.keys.newest) && !first.keys.newest.is_hex);
    REQUIRE(!*first.keys.proved.text);
    again = client_bootstrap(&s.one, ICCID); /* within five minutes */
    REQUIRE(again.calls == 1 && psk_equal(&again.keys.newest, &first.keys.newest));
    again = client_find_keys(&s.one, ICCID);
    REQUIRE(again.calls == 1 && psk_equal(&again.keys.newest, &first.keys.newest));
    return scene_close(&s);
}

const char *conformance_each_device_has_its_own_key(const struct store_factory *factory)
{
    struct answer first, second;
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    first = client_bootstrap(&s.one, ICCID);
    second = client_bootstrap(&s.one, OTHER);
    REQUIRE(first.result == STORE_OK && second.result == STORE_OK);
    REQUIRE(!psk_equal(&first.keys.newest, &second.keys.newest));
    return scene_close(&s);
}

/* Both ask before either is answered: there is one key, whoever came first. */
const char *conformance_sessions_agree_on_keys(const struct store_factory *factory)
{
    struct answer one = {0}, other = {0};
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    store_psk_bootstrap(s.one.session, ICCID, client_keep_keys, &one);
    store_psk_bootstrap(s.other.session, ICCID, client_keep_keys, &other);
    REQUIRE(client_drive(&s.one, &one.calls, 1) && client_drive(&s.other, &other.calls, 1));
    REQUIRE(one.result == STORE_OK && other.result == STORE_OK);
    REQUIRE(psk_equal(&one.keys.newest, &other.keys.newest));
    return scene_close(&s);
}

/* Proving is not answered, so it may be seen a little later. */
static bool is_proved(struct client *c, const struct psk *key)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    uint64_t deadline = clock_now() + CONFORMANCE_PATIENCE;
    struct answer answer = client_find_keys(c, ICCID);

    while (!psk_equal(&answer.keys.proved, key) && clock_now() < deadline) {
        nanosleep(&pause, NULL);
        answer = client_find_keys(c, ICCID);
    }
    return psk_equal(&answer.keys.proved, key);
}

const char *conformance_a_proved_key_is_told(const struct store_factory *factory)
{
    struct answer answer;
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    answer = client_bootstrap(&s.one, ICCID);
    REQUIRE(answer.result == STORE_OK);
    store_psk_prove(s.one.session, ICCID, &answer.keys.newest);
    store_psk_prove(s.one.session, ICCID, &answer.keys.newest);
    store_session_flush(s.one.session);
    REQUIRE(is_proved(&s.other, &answer.keys.newest));
    return scene_close(&s);
}

const char *conformance_a_key_of_nobody_proves_nothing(const struct store_factory *factory)
{
    const struct psk key = {.text = "not a key of it"};
    struct answer answer;
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    store_psk_prove(s.one.session, ICCID, &key);
    REQUIRE(client_find_keys(&s.one, ICCID).result == STORE_ABSENT);
    answer = client_bootstrap(&s.one, ICCID);
    store_psk_prove(s.one.session, ICCID, &key);
    answer = client_find_keys(&s.one, ICCID);
    REQUIRE(answer.result == STORE_OK && !*answer.keys.proved.text);
    return scene_close(&s);
}
