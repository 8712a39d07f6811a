#include "tests/unit/storage/store_conformance.h"

#include "base/clock.h"
#include "base/net_address.h"
#include "tests/unit/storage/conformance_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char CONFORMANCE_SKIPPED[] = "this kind of store does not offer it";

static const struct conformance_device devices[] = {
    {"100.91.200.24", {"8988280666000002864", "901405100002864", true, true, 0, 0}, NULL},
    {"100.91.200.25", {"8988280666000002865", "", true, false, 0, 0}, NULL},
    {"100.91.200.26", {"8988280666000002866", "901405100002866", false, false, 0, 0}, NULL},
    {"fd00:0:0:1::", {"8988280666000002867", "901405100002867", true, false, 0, 0}, NULL},
    {"fd00:0:0:2::", {"898828066600000286", "", false, true, 0, 0}, NULL},
};

static bool is_device(const struct answer *answer, const struct device *expected)
{
    const struct device *d = &answer->device;

    return answer->calls == 1 && answer->result == STORE_OK &&
           strcmp(d->iccid, expected->iccid) == 0 && strcmp(d->imsi, expected->imsi) == 0 &&
           d->active == expected->active && d->location_allowed == expected->location_allowed;
}

/* A store with a client: what nearly every check begins with. */
struct scene {
    struct store *store;
    struct client client;
};

static bool scene_open(struct scene *s, const struct store_factory *factory)
{
    s->store = factory->open(devices, COUNT(devices));
    return s->store && client_open(&s->client, s->store);
}

static const char *scene_close(struct scene *s)
{
    bool orderly = client_close(&s->client);

    store_close(s->store);
    return orderly ? NULL : "something came outside of a batch";
}

static const char *finds(const struct store_factory *factory, const struct conformance_device *d)
{
    struct scene s;
    struct answer answer;

    REQUIRE(scene_open(&s, factory));
    answer = client_find(&s.client, d->address);
    REQUIRE(is_device(&answer, &d->device));
    REQUIRE(store_state(s.store) == STORE_UP); /* it has just answered */
    return scene_close(&s);
}

const char *conformance_finds_active(const struct store_factory *factory)
{
    return finds(factory, &devices[0]);
}

const char *conformance_finds_inactive(const struct store_factory *factory)
{
    return finds(factory, &devices[2]);
}

const char *conformance_finds_ipv4(const struct store_factory *factory)
{
    return finds(factory, &devices[1]);
}

const char *conformance_finds_ipv6(const struct store_factory *factory)
{
    const char *failure = finds(factory, &devices[3]);

    return failure ? failure : finds(factory, &devices[4]);
}

const char *conformance_finds_by_iccid(const struct store_factory *factory)
{
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    for (size_t i = 0; i < COUNT(devices); i++) {
        struct answer answer = client_find_by_iccid(&s.client, devices[i].device.iccid);

        REQUIRE(is_device(&answer, &devices[i].device));
    }
    return scene_close(&s);
}

const char *conformance_answers_absent_by_iccid(const struct store_factory *factory)
{
    static const char *const strangers[] = {"8988280666000002863", "8988280666000002868",
                                            "08988280666000002864", "1", "9999999999999999999999"};
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    for (size_t i = 0; i < COUNT(strangers); i++) {
        struct answer answer = client_find_by_iccid(&s.client, strangers[i]);

        REQUIRE(answer.calls == 1);
        REQUIRE(answer.result == STORE_ABSENT);
    }
    return scene_close(&s);
}

const char *conformance_answers_absent(const struct store_factory *factory)
{
    static const char *const strangers[] = {
        "100.91.200.23", "::", "fd00:0:0:3::", "0:0:0:1::645b:c818", "24.200.91.100"};
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    for (size_t i = 0; i < COUNT(strangers); i++) {
        struct answer answer = client_find(&s.client, strangers[i]);

        REQUIRE(answer.calls == 1);
        REQUIRE(answer.result == STORE_ABSENT);
    }
    return scene_close(&s);
}

/* A question that asks another one from its callback, as long as it has the device. */
struct nesting {
    struct client *client;
    unsigned calls;
    bool intact;
    struct answer inner;
};

static void ask_another(void *context, enum store_result result, const struct device *device)
{
    struct nesting *nesting = context;
    struct device before;

    nesting->calls++;
    if (!device)
        return;
    before = *device;
    client_ask(nesting->client, devices[1].address, &nesting->inner);
    nesting->intact = memcmp(&before, device, sizeof(before)) == 0;
}

const char *
conformance_lends_the_device_until_the_callback_returns(const struct store_factory *factory)
{
    struct scene s;
    struct nesting nesting = {.client = &s.client};
    uint8_t ip[16];

    REQUIRE(scene_open(&s, factory));
    net_ip_parse(ip, devices[0].address);
    store_device_by_address(s.client.session, ip, ask_another, &nesting);
    memset(ip, 0, sizeof(ip)); /* the address is borrowed for the call only */
    REQUIRE(client_drive(&s.client, &nesting.calls, 1));
    REQUIRE(nesting.intact);
    REQUIRE(client_drive(&s.client, &nesting.inner.calls, 1));
    REQUIRE(is_device(&nesting.inner, &devices[1].device));
    return scene_close(&s);
}

#define QUESTIONS 500

const char *conformance_answers_each_question_once(const struct store_factory *factory)
{
    static struct answer answers[QUESTIONS];
    struct scene s;

    memset(answers, 0, sizeof(answers));
    REQUIRE(scene_open(&s, factory));
    for (unsigned i = 0; i < QUESTIONS; i++)
        client_ask(&s.client, i % 2 ? devices[i % COUNT(devices)].address : "10.9.9.9",
                   &answers[i]);
    for (unsigned i = 0; i < QUESTIONS; i++)
        REQUIRE(client_drive(&s.client, &answers[i].calls, 1));
    scene_close(&s);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        REQUIRE(answers[i].calls == 1);
        if (i % 2)
            REQUIRE(is_device(&answers[i], &devices[i % COUNT(devices)].device));
        else
            REQUIRE(answers[i].result == STORE_ABSENT);
    }
    return NULL;
}

const char *conformance_answers_before_a_session_is_closed(const struct store_factory *factory)
{
    struct answer answers[8] = {{0}}, reserved = {0};
    const struct store_exchange_key key = {.bytes = "closing", .length = 7};
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    for (unsigned i = 0; i < COUNT(answers); i++)
        client_ask(&s.client, devices[0].address, &answers[i]);
    store_exchange_reserve(s.client.session, &key, 1, CLOCK_SECOND, client_keep_exchange,
                           &reserved);
    scene_close(&s);
    REQUIRE(reserved.calls == 1);
    for (unsigned i = 0; i < COUNT(answers); i++) {
        REQUIRE(answers[i].calls == 1);
        REQUIRE(answers[i].result == STORE_CLOSING || is_device(&answers[i], &devices[0].device));
    }
    return NULL;
}

#define MANY         20000
#define ADDRESS_TEXT 16

/* The n-th device of many, and its address in `text`. */
static struct conformance_device numbered(unsigned n, char text[ADDRESS_TEXT])
{
    struct conformance_device d = {.address = text,
                                   .device = {.active = n % 3, .location_allowed = n % 2}};

    snprintf(text, ADDRESS_TEXT, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
    snprintf(d.device.iccid, sizeof(d.device.iccid), "8988280666%09u", n);
    snprintf(d.device.imsi, sizeof(d.device.imsi), "901405%09u", n);
    return d;
}

static struct store *open_many(const struct store_factory *factory, unsigned count)
{
    struct conformance_device *many = calloc(count, sizeof(*many));
    char(*texts)[ADDRESS_TEXT] = calloc(count, sizeof(*texts));
    struct store *store = NULL;

    if (many && texts) {
        for (unsigned i = 0; i < count; i++)
            many[i] = numbered(i, texts[i]);
        store = factory->open(many, count);
    }
    free(many);
    free(texts);
    return store;
}

/* Asks for the devices from `first` on, `step` apart, a batch at a time. */
static const char *find_numbered(struct client *c, unsigned first, unsigned step, unsigned count)
{
    enum { BATCH = 100 };
    struct answer answers[BATCH];
    char text[ADDRESS_TEXT];

    for (unsigned n = first; n < count; n += step * BATCH) {
        memset(answers, 0, sizeof(answers));
        for (unsigned i = 0; i < BATCH && n + i * step < count; i++)
            client_ask(c, numbered(n + i * step, text).address, &answers[i]);
        for (unsigned i = 0; i < BATCH && n + i * step < count; i++) {
            struct conformance_device d = numbered(n + i * step, text);

            REQUIRE(client_drive(c, &answers[i].calls, 1));
            REQUIRE(is_device(&answers[i], &d.device));
        }
    }
    return NULL;
}

const char *conformance_finds_each_of_many(const struct store_factory *factory)
{
    struct scene s = {.store = open_many(factory, MANY)};
    const char *failure;

    REQUIRE(s.store);
    REQUIRE(client_open(&s.client, s.store));
    failure = find_numbered(&s.client, 0, 1, MANY);
    REQUIRE(client_find(&s.client, "10.255.0.0").result == STORE_ABSENT);
    return failure ? failure : scene_close(&s);
}

#define THREADS         4
#define THREADS_DEVICES 5000

struct on_thread {
    pthread_t thread;
    pthread_barrier_t *all_open; /* so that sessions live at the same time */
    struct store *store;
    unsigned index;
    const char *failure;
};

static const char *use_session(const struct on_thread *t)
{
    struct store_exchange_key key = {.bytes = "thread", .length = 7};
    struct client client;
    struct answer answer;
    const char *failure;
    bool opened = client_open(&client, t->store);

    pthread_barrier_wait(t->all_open);
    REQUIRE(opened);
    failure = find_numbered(&client, t->index, 3, THREADS_DEVICES);
    key.bytes[6] = (uint8_t)t->index;
    answer = client_reserve(&client, &key, CLOCK_SECOND);
    REQUIRE(answer.calls == 1);
    REQUIRE(answer.exchange.state == STORE_EXCHANGE_RESERVED);
    REQUIRE(client_close(&client));
    return failure;
}

static void *run_thread(void *context)
{
    struct on_thread *t = context;

    t->failure = use_session(t);
    return NULL;
}

const char *conformance_serves_sessions_on_threads(const struct store_factory *factory)
{
    struct store *store = open_many(factory, THREADS_DEVICES);
    struct on_thread threads[THREADS];
    pthread_barrier_t all_open;
    const char *failure = NULL;

    REQUIRE(store);
    pthread_barrier_init(&all_open, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = (struct on_thread){.all_open = &all_open, .store = store, .index = i};
        REQUIRE(pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        failure = failure ? failure : threads[i].failure;
    }
    pthread_barrier_destroy(&all_open);
    store_close(store);
    return failure;
}
