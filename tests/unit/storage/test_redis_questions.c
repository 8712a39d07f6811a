/* What a Redis store makes of too many questions, of refusals and of records that others wrote. */
#include "tests/unit/storage/redis_scene.h"

#include <stdio.h>

#define LIFE (60 * CLOCK_SECOND)

static const struct store_exchange_key key = {.bytes = "12345678", .length = 8};

static void change(struct redis_scene *s, const char *command)
{
    cr_assert(redis_server_do(&s->server, command));
}

Test(redis_questions, too_many)
{
    enum { MAX = 64, MORE = 6 };
    struct answer answers[MAX + MORE] = {{0}};
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    s.settings.max_in_flight = MAX;
    redis_scene_open(&s);
    for (unsigned i = 0; i < MAX + MORE; i++) {
        client_ask(&s.client, "10.0.0.1", &answers[i]);
        cr_expect_eq(answers[i].calls, i >= MAX);
    }
    cr_expect_eq(redis_scene_count(&s, STORE_IN_FLIGHT), MAX);
    AWAIT(&s, answers[MAX - 1].calls == 1);
    for (unsigned i = 0; i < MAX + MORE; i++)
        cr_expect_eq(answers[i].result, i < MAX ? STORE_OK : STORE_OVERLOADED);
    cr_expect_eq(redis_scene_count(&s, STORE_ERRORS_OVERLOADED), MORE);
    cr_expect_eq(redis_scene_count(&s, STORE_IN_FLIGHT), 0);
    redis_scene_close(&s);
}

/* Outcomes have an eighth more. */
Test(redis_questions, too_many_outcomes)
{
    enum { MAX = 64, RESERVE = MAX / 8, MORE = 3 };
    struct answer answers[MAX] = {{0}};
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    s.settings.max_in_flight = MAX;
    redis_scene_open(&s);
    for (unsigned i = 0; i < MAX; i++)
        client_ask(&s.client, "10.0.0.1", &answers[i]);
    for (unsigned i = 0; i < RESERVE + MORE; i++)
        store_exchange_settle(s.client.session, &key, 0x44, i, LIFE);
    store_exchange_release(s.client.session, &key); /* one too many as well, and not told */
    cr_expect_eq(redis_scene_count(&s, STORE_OUTCOMES_LOST), MORE);
    AWAIT(&s, redis_scene_count(&s, STORE_IN_FLIGHT) == 0);
    cr_expect_eq(redis_scene_count(&s, STORE_OUTCOMES_LOST), MORE);
    cr_expect_eq(client_reserve(&s.client, &key, LIFE).exchange.request_hash, RESERVE - 1);
    redis_scene_close(&s);
}

Test(redis_questions, no_memory_in_redis)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "CONFIG SET maxmemory-policy noeviction maxmemory 1");
    cr_expect_eq(client_reserve(&s.client, &key, LIFE).result, STORE_REFUSED);
    cr_expect_eq(store_state(s.store), STORE_DOWN);
    cr_expect(redis_scene_logged(&s, "OOM "));
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK, "reading goes on");
    store_exchange_settle(s.client.session, &key, 0x44, 1, LIFE);
    AWAIT(&s, redis_scene_count(&s, STORE_OUTCOMES_LOST) == 1);
    change(&s, "CONFIG SET maxmemory 0");
    cr_expect_eq(client_reserve(&s.client, &key, LIFE).result, STORE_OK);
    cr_expect_eq(store_state(s.store), STORE_UP);
    cr_expect_eq(redis_scene_count(&s, STORE_ERRORS_REFUSED), 1);
    cr_expect_eq(s.client.doubts, 0);
    redis_scene_close(&s);
}

/* A replica may be read but keeps no reservation: it is not the one to be asked. */
Test(redis_questions, replica)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "REPLICAOF 127.0.0.1 1");
    cr_expect_eq(client_reserve(&s.client, &key, LIFE).result, STORE_UNREACHABLE);
    cr_expect_eq(s.client.doubts, 1);
    cr_expect(redis_scene_logged(&s, "READONLY "));
    change(&s, "REPLICAOF NO ONE");
    AWAIT(&s, client_reserve(&s.client, &key, LIFE).result == STORE_OK);
    redis_scene_close(&s);
}

Test(redis_questions, values_that_are_no_exchange)
{
    static const char *const commands[] = {
        "SET simgate:x:12345678 abc", "SET simgate:x:12345678 -1",
        "SET simgate:x:12345678 1099511627776", "SET simgate:x:12345678 1",
        "LPUSH simgate:x:12345678 1"};
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        change(&s, "DEL simgate:x:12345678");
        change(&s, commands[i]);
        cr_expect_eq(client_reserve(&s.client, &key, LIFE).result, STORE_REFUSED, "%s",
                     commands[i]);
    }
    change(&s, "SET simgate:x:12345678 1099511627588"); /* 2.04 */
    cr_expect_eq(client_reserve(&s.client, &key, LIFE).exchange.request_hash, UINT32_MAX);
    redis_scene_close(&s);
}

Test(redis_questions, hash_of_a_reservation_is_told)
{
    struct redis_scene s;
    struct answer answer;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    client_reserve(&s.client, &key, LIFE);
    answer = client_reserve(&s.client, &key, LIFE);
    cr_expect_eq(answer.exchange.state, STORE_EXCHANGE_IN_PROGRESS);
    cr_expect_eq(answer.exchange.request_hash, 0x1234);
    redis_scene_close(&s);
}

Test(redis_questions, records_that_make_no_sense)
{
    static const struct {
        const char *command;
        enum store_result result;
        const char *log;
    } cases[] = {
        {"SET simgate:addr:10.0.0.1 nonsense", STORE_ABSENT, "simgate:addr:10.0.0.1: the ICCID"},
        {"SET simgate:addr:10.0.0.1 898828066600000286412", STORE_OK, NULL},
        {"SET simgate:addr:10.0.0.1 " REDIS_SCENE_ICCID, STORE_OK, NULL},
        {"DEL simgate:dev:{" REDIS_SCENE_ICCID "}", STORE_OK, NULL},
        {"HSET simgate:dev:{" REDIS_SCENE_ICCID "} imsi 901405100002864", STORE_OK, NULL},
        {"SET simgate:dev:{" REDIS_SCENE_ICCID "} 1", STORE_REFUSED, "WRONGTYPE"},
        {"DEL simgate:addr:10.0.0.1", STORE_ABSENT, NULL},
        {"HSET simgate:addr:10.0.0.1 a b", STORE_REFUSED, NULL},
    };
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct answer answer;

        change(&s, cases[i].command);
        answer = client_find(&s.client, "10.0.0.1");
        cr_expect_eq(answer.result, cases[i].result, "%s", cases[i].command);
        cr_expect(!cases[i].log || redis_scene_logged(&s, cases[i].log), "%s", cases[i].command);
    }
    cr_expect_eq(store_state(s.store), STORE_UP, "only what exchanges are refused counts");
    redis_scene_close(&s);
}

/* So that its record's coming can be noticed, which names the device and not the address. */
Test(redis_questions, device_without_a_record_is_not_active)
{
    struct redis_scene s;
    struct answer answer;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "DEL simgate:dev:{" REDIS_SCENE_ICCID "}");
    answer = client_find(&s.client, "10.0.0.1");
    cr_expect_eq(answer.result, STORE_OK);
    cr_expect_str_eq(answer.device.iccid, REDIS_SCENE_ICCID);
    cr_expect_not(answer.device.active);
    cr_expect_not(redis_scene_logged(&s, "makes no sense"));
    redis_scene_close(&s);
}

Test(redis_questions, status_that_makes_no_sense)
{
    struct redis_scene s;
    struct answer answer;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "HSET simgate:dev:{" REDIS_SCENE_ICCID "} status Active");
    answer = client_find(&s.client, "10.0.0.1");
    cr_expect_eq(answer.result, STORE_OK);
    cr_expect_not(answer.device.active);
    cr_expect(redis_scene_logged(&s, "simgate:dev:{" REDIS_SCENE_ICCID "}: the status"));
    redis_scene_close(&s);
}

Test(redis_questions, long_texts)
{
    char text[5000];
    struct redis_scene s;

    memset(text, '8', sizeof(text));
    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    cr_assert(redis_server_do(&s.server, "HSET simgate:dev:{%s} imsi %b", REDIS_SCENE_ICCID, text,
                              sizeof(text)));
    cr_expect_str_eq(client_find(&s.client, "10.0.0.1").device.imsi, "");
    cr_assert(redis_server_do(&s.server, "SET simgate:addr:10.0.0.1 %b", text, sizeof(text)));
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_ABSENT);
    redis_scene_close(&s);
}

/* The last write of a session that is closed. */
Test(redis_questions, outcomes_leave_when_the_session_is_closed)
{
    struct answer asked = {0};
    struct redis_scene s;
    redisReply *reply;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    store_exchange_settle(s.client.session, &key, 0x44, 0x1234, LIFE);
    client_ask(&s.client, "10.0.0.1", &asked);
    cr_expect(client_close(&s.client));
    cr_expect_eq(asked.result, STORE_CLOSING);
    cr_expect_eq(s.client.doubts, 0);
    do {
        reply = redis_server_ask(&s.server, "GET simgate:x:12345678");
    } while (reply->type == REDIS_REPLY_NIL);
    cr_expect_str_eq(reply->str, "1193028"); /* 0x123444 */
    freeReplyObject(reply);
    cr_assert(client_open(&s.client, s.store));
    cr_expect_eq(redis_scene_count(&s, STORE_CONNECTS), 2, "what is closed counts on");
    redis_scene_close(&s);
}

Test(redis_questions, closing_before_it_began)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    cr_assert_eq(store_open(&s.store, &s.settings, &s.log, &(char *){NULL}), 0);
    for (unsigned turns = 0; turns < 12; turns++) { /* in the midst of connecting, too */
        cr_assert(client_begin(&s.client, s.store));
        for (unsigned i = 0; i < turns; i++)
            uv_run(&s.client.loop, UV_RUN_NOWAIT);
        if (turns < 11)
            cr_expect(client_close(&s.client));
    }
    redis_scene_close(&s);
}

/* Bytes that Redis needs for an exchange, but for its life. */
static long long memory_of(struct redis_scene *s, uint8_t length)
{
    struct store_exchange_key k = {.length = length};
    redisReply *reply;
    long long bytes;

    memset(k.bytes, 0xfe, length);
    store_exchange_settle(s->client.session, &k, 0x44, 0xfedcba98, LIFE);
    AWAIT(s, redis_scene_count(s, STORE_IN_FLIGHT) == 0);
    reply = redis_server_ask(&s->server, "MEMORY USAGE simgate:x:%b", k.bytes, (size_t)length);
    cr_assert_eq(reply->type, REDIS_REPLY_INTEGER);
    bytes = reply->integer;
    freeReplyObject(reply);
    reply = redis_server_ask(&s->server, "OBJECT ENCODING simgate:x:%b", k.bytes, (size_t)length);
    cr_expect_str_eq(reply->str, "int");
    freeReplyObject(reply);
    return bytes;
}

Test(redis_questions, memory_of_an_exchange)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    cr_expect_leq(memory_of(&s, 8), 72);  /* IPv4 */
    cr_expect_leq(memory_of(&s, 10), 72); /* an association */
    cr_expect_leq(memory_of(&s, 20), 88); /* IPv6 */
    redis_scene_close(&s);
}

/* A user's key for which no format is named is text. It ends what was proved before. */
Test(redis_questions, key_without_a_format)
{
    struct redis_scene s;
    struct psk_record keys;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "HSET simgate:psk:{" REDIS_SCENE_ICCID "} key of-the-user origin user "
               "proved of-before proved_format text");
    keys = client_find_keys(&s.client, REDIS_SCENE_ICCID).keys;
    cr_expect_str_eq(keys.newest.text, "of-the-user");
    cr_expect_not(keys.newest.is_hex);
    cr_expect(keys.is_users);
    cr_expect_str_eq(keys.proved.text, "");
    redis_scene_close(&s);
}

/* So is a generated one, and it can be proved like any other. */
Test(redis_questions, generated_key_without_a_format)
{
    struct redis_scene s;
    struct psk keys;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "HSET simgate:psk:{" REDIS_SCENE_ICCID "} key of-nobody origin generated "
               "proved of-before proved_format text");
    keys = client_find_keys(&s.client, REDIS_SCENE_ICCID).keys.newest;
    store_psk_prove(s.client.session, REDIS_SCENE_ICCID, &keys);
    keys = client_find_keys(&s.client, REDIS_SCENE_ICCID).keys.proved; /* is answered behind it */
    cr_expect_str_eq(keys.text, "of-nobody");
    redis_scene_close(&s);
}
