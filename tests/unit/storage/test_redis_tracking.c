/* What a session tells its owner of changes in Redis. */
#include "base/net_address.h"
#include "tests/unit/storage/redis_scene.h"

static bool changed_ip_is(const struct client *c, const char *text)
{
    uint8_t ip[16];

    return net_ip_parse(ip, text) && memcmp(ip, c->changed_ip, 16) == 0;
}

static void change(struct redis_scene *s, const char *command)
{
    cr_assert(redis_server_do(&s->server, command));
}

Test(redis_tracking, address)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "DEL simgate:addr:10.0.0.1");
    AWAIT(&s, s.client.address_changes == 1);
    cr_expect(changed_ip_is(&s.client, "10.0.0.1"));
    change(&s, "SET simgate:addr:fd00:0:0:9:: 1");
    AWAIT(&s, s.client.address_changes == 2);
    cr_expect(changed_ip_is(&s.client, "fd00:0:0:9::"));
    cr_expect_eq(s.client.device_changes, 0);
    cr_expect_eq(redis_scene_count(&s, STORE_CHANGES), 2);
    redis_scene_close(&s);
}

Test(redis_tracking, device)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "HSET simgate:dev:{" REDIS_SCENE_ICCID "} status inactive");
    AWAIT(&s, s.client.device_changes == 1);
    cr_expect_str_eq(s.client.changed_iccid, REDIS_SCENE_ICCID);
    cr_expect_not(client_find(&s.client, "10.0.0.1").device.active);
    change(&s, "DEL simgate:dev:{" REDIS_SCENE_ICCID "}");
    AWAIT(&s, s.client.device_changes == 2);
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK);
    redis_scene_close(&s);
}

Test(redis_tracking, many_at_once)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    for (unsigned i = 0; i < 5000; i++)
        redisAppendCommand(s.server.connection, "SET simgate:addr:10.1.%u.%u 1", i / 256, i % 256);
    change(&s, "PING");
    AWAIT(&s, s.client.address_changes == 5000);
    redis_scene_close(&s);
}

/* Somebody else's, or what changes all the time, is not even sent. */
Test(redis_tracking, other_keys)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "SET simgate:x:abc 1");
    change(&s, "SET simgate:loc:{" REDIS_SCENE_ICCID "} 1");
    change(&s, "SET other:addr:10.0.0.1 1");
    change(&s, "SET simgate:addr:nonsense 1");
    change(&s, "SET simgate:dev:nonsense 1");
    change(&s, "SET simgate:addr:10.0.0.7 1");
    AWAIT(&s, s.client.address_changes > 0);
    cr_expect_eq(s.client.address_changes, 1);
    cr_expect_eq(s.client.device_changes, 0);
    cr_expect_eq(s.client.doubts, 0);
    redis_scene_close(&s);
}

Test(redis_tracking, emptied_database)
{
    static const char *const commands[] = {"FLUSHDB", "FLUSHALL"};

    for (unsigned i = 0; i < 2; i++) {
        struct redis_scene s;

        redis_scene_start(&s, NULL);
        redis_scene_open(&s);
        change(&s, commands[i]);
        AWAIT(&s, s.client.doubts == 1);
        cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_ABSENT);
        cr_expect_eq(store_state(s.store), STORE_UP);
        cr_expect_eq(redis_scene_count(&s, STORE_DOUBTS), 1);
        redis_scene_close(&s);
    }
}

/* Takes the notices of changes that came before the answer. */
struct late_answer {
    struct client *client;
    unsigned calls;
    unsigned addresses_before, devices_before;
};

static void on_late_answer(void *context, enum store_result result, const struct device *device)
{
    struct late_answer *late = context;

    late->calls++;
    late->addresses_before = late->client->address_changes;
    late->devices_before = late->client->device_changes;
}

/* Asks, has the change heard of while the question waits to be sent, and lets it be answered. */
static struct late_answer ask_during(struct redis_scene *s, const char *command)
{
    struct late_answer late = {.client = &s->client};
    unsigned heard = s->client.address_changes + s->client.device_changes + s->client.doubts;
    uint8_t ip[16];

    net_ip_parse(ip, "10.0.0.1");
    store_device_by_address(s->client.session, ip, on_late_answer, &late);
    change(s, command);
    while (s->client.address_changes + s->client.device_changes + s->client.doubts == heard)
        uv_run(&s->client.loop, UV_RUN_ONCE);
    cr_assert_eq(late.calls, 0);
    AWAIT(s, late.calls == 1);
    return late;
}

Test(redis_tracking, address_that_is_being_asked_for)
{
    struct late_answer late;
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    late = ask_during(&s, "SET simgate:addr:10.0.0.1 8988280666000002865");
    cr_expect_eq(late.addresses_before, 1);
    cr_expect_eq(s.client.address_changes, 2);
    cr_expect(changed_ip_is(&s.client, "10.0.0.1"));
    cr_expect_eq(redis_scene_count(&s, STORE_CHANGES), 1);
    client_find(&s.client, "10.0.0.1");
    cr_expect_eq(s.client.address_changes, 2, "once is enough");
    redis_scene_close(&s);
}

Test(redis_tracking, device_that_is_being_asked_for)
{
    struct late_answer late;
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    late = ask_during(&s, "HSET simgate:dev:{" REDIS_SCENE_ICCID "} status inactive");
    cr_expect_eq(late.devices_before, 1);
    cr_expect_eq(s.client.device_changes, 2);
    cr_expect_str_eq(s.client.changed_iccid, REDIS_SCENE_ICCID);
    redis_scene_close(&s);
}

Test(redis_tracking, database_that_is_emptied_meanwhile)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    ask_during(&s, "FLUSHALL");
    cr_expect_eq(s.client.doubts, 1);
    cr_expect_eq(s.client.address_changes, 1);
    redis_scene_close(&s);
}

Test(redis_tracking, change_of_something_else_meanwhile)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    ask_during(&s, "SET simgate:addr:10.0.0.2 8988280666000002864");
    cr_expect_eq(s.client.address_changes, 1);
    cr_expect_eq(s.client.device_changes, 0);
    redis_scene_close(&s);
}
