/* What a Redis store makes of locations that others wrote, and of those that it cannot write. */
#include "tests/unit/storage/fake_redis.h"
#include "tests/unit/storage/redis_scene.h"

#define KEY "simgate:loc:{" REDIS_SCENE_ICCID "}"

static const struct location here = {"13.404954", "52.520008", "GPS", "1700000000"};

static void change(struct redis_scene *s, const char *command)
{
    cr_assert(redis_server_do(&s->server, command));
}

static struct answer find(struct redis_scene *s)
{
    return client_find_location(&s->client, REDIS_SCENE_ICCID);
}

static void set(struct redis_scene *s, const struct location *location)
{
    store_location_set(s->client.session, REDIS_SCENE_ICCID, location);
    AWAIT(s, redis_scene_count(s, STORE_IN_FLIGHT) == 0);
}

static void expect_location(const struct location *found, const struct location *expected)
{
    cr_expect_str_eq(found->longitude, expected->longitude);
    cr_expect_str_eq(found->latitude, expected->latitude);
    cr_expect_str_eq(found->source, expected->source);
    cr_expect_str_eq(found->sample_time, expected->sample_time);
}

Test(redis_locations, key_and_fields)
{
    struct redis_scene s;
    redisReply *reply;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    set(&s, &here);
    reply = redis_server_ask(&s.server, "HMGET " KEY " longitude latitude source sample_time");
    cr_expect_str_eq(reply->element[0]->str, "13.404954");
    cr_expect_str_eq(reply->element[1]->str, "52.520008");
    cr_expect_str_eq(reply->element[2]->str, "GPS");
    cr_expect_str_eq(reply->element[3]->str, "1700000000");
    freeReplyObject(reply);
    redis_scene_close(&s);
}

/* The longest texts of all, behind the longest prefix: they fit into the command. */
Test(redis_locations, longest)
{
    static const struct location longest = {"-12.12345678901234567890", "-00.12345678901234567890",
                                            "ABCDEFGHIJKLMNO", "123456789012"};
    static const char prefix[] = "0123456789012345678901234567890123456789012345678901234567890123";
    static const char iccid[] = "8988280666000002864123";
    struct redis_scene s;
    struct answer answer;

    cr_assert(location_is_legal(&longest));
    redis_scene_start(&s, NULL);
    s.settings.prefix = prefix;
    redis_scene_open(&s);
    store_location_set(s.client.session, iccid, &longest);
    AWAIT(&s, redis_scene_count(&s, STORE_IN_FLIGHT) == 0);
    answer = client_find_location(&s.client, iccid);
    expect_location(&answer.location, &longest);
    redis_scene_close(&s);
}

Test(redis_locations, written_by_others)
{
    static const struct {
        const char *fields;
        enum store_result result;
        struct location location;
        const char *wrong;
    } cases[] = {
        {"longitude 1 latitude 2", STORE_OK, {"1", "2", "", ""}, NULL},
        {"longitude 1.50 latitude -2.0 x y", STORE_OK, {"1.50", "-2.0", "", ""}, NULL},
        {"longitude 1 latitude 2 source a sample_time 3", STORE_OK, {"1", "2", "a", "3"}, NULL},
        {"longitude 1 latitude 2 source a,b sample_time 3",
         STORE_OK,
         {"1", "2", "", "3"},
         "source"},
        {"longitude 1 latitude 2 source a sample_time now",
         STORE_OK,
         {"1", "2", "a", ""},
         "sample_time"},
        {"longitude 1 latitude 2 source 0123456789012345 sample_time 3",
         STORE_OK,
         {"1", "2", "", "3"},
         "source"},
        {"longitude 180.1 latitude 2 source a", STORE_ABSENT, {"", "", "", ""}, "longitude"},
        {"longitude 1 latitude 90.5", STORE_ABSENT, {"", "", "", ""}, "latitude"},
        {"longitude 1,5 latitude 2", STORE_ABSENT, {"", "", "", ""}, "longitude"},
        {"longitude 1e1 latitude 2", STORE_ABSENT, {"", "", "", ""}, "longitude"},
        {"longitude 1.00000000000000000000001 latitude 2",
         STORE_ABSENT,
         {"", "", "", ""},
         "longitude"},
        {"longitude 1", STORE_ABSENT, {"", "", "", ""}, "latitude"},
        {"latitude 1", STORE_ABSENT, {"", "", "", ""}, "longitude"},
        {"source GPS", STORE_ABSENT, {"", "", "", ""}, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char command[200], line[100];
        struct redis_scene s;
        struct answer answer;

        redis_scene_start(&s, NULL);
        redis_scene_open(&s);
        snprintf(command, sizeof(command), "HSET " KEY " %s", cases[i].fields);
        change(&s, command);
        answer = find(&s);
        cr_expect_eq(answer.result, cases[i].result, "%s", cases[i].fields);
        expect_location(&answer.location, &cases[i].location);
        snprintf(line, sizeof(line), KEY ": the %s makes", cases[i].wrong ? cases[i].wrong : "");
        cr_expect_eq(redis_scene_logged(&s, cases[i].wrong ? line : "makes no sense"),
                     cases[i].wrong != NULL, "%s", cases[i].fields);
        redis_scene_close(&s);
    }
}

/* A NUL ends no text of Redis's. */
Test(redis_locations, bytes)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    cr_assert(
        redis_server_do(&s.server, "HSET " KEY " longitude %b latitude 2", "1\0x", (size_t)3));
    cr_expect_eq(find(&s).result, STORE_ABSENT);
    cr_expect(redis_scene_logged(&s, "the longitude makes no sense"));
    redis_scene_close(&s);
}

Test(redis_locations, what_is_lost_is_counted)
{
    enum { MAX = 64, MORE = 3 };
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    s.settings.max_in_flight = MAX;
    redis_scene_open(&s);
    change(&s, "SET " KEY " 1");
    set(&s, &here);
    cr_expect_eq(redis_scene_count(&s, STORE_ERRORS_REFUSED), 1);
    cr_expect(redis_scene_logged(&s, "WRONGTYPE"));
    cr_expect_eq(find(&s).result, STORE_REFUSED);
    change(&s, "DEL " KEY);
    for (unsigned i = 0; i < MAX + MAX / 8 + MORE; i++)
        store_location_set(s.client.session, REDIS_SCENE_ICCID, &here);
    cr_expect_eq(redis_scene_count(&s, STORE_ERRORS_OVERLOADED), MORE);
    AWAIT(&s, redis_scene_count(&s, STORE_IN_FLIGHT) == 0);
    cr_expect_eq(find(&s).result, STORE_OK);
    cr_expect_eq(redis_scene_count(&s, STORE_OUTCOMES_LOST), 0, "which are of exchanges");
    redis_scene_close(&s);
}

Test(redis_locations, answers_that_are_none)
{
    static const struct {
        const char *reply;
        enum store_result result;
    } cases[] = {
        {"*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n", STORE_REFUSED},
        {"*5\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n$-1\r\n$-1\r\n", STORE_REFUSED},
        {"*0\r\n", STORE_REFUSED},
        {"$1\r\n1\r\n", STORE_REFUSED},
        {"$-1\r\n", STORE_REFUSED},
        {"*4\r\n:1\r\n:2\r\n$-1\r\n$-1\r\n", STORE_ABSENT},
        {"*4\r\n$1\r\n1\r\n$1\r\n2\r\n:1\r\n*1\r\n$1\r\n3\r\n", STORE_OK},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct fake_answer answers[] = {{.command = "HMGET", .reply = cases[i].reply}, {0}};
        struct redis_scene s;
        struct fake_redis fake;

        redis_scene_start(&s, NULL);
        cr_assert(fake_redis_start(&fake, answers));
        s.settings.url = fake.url;
        redis_scene_open(&s);
        cr_expect_eq(find(&s).result, cases[i].result, "%s", cases[i].reply);
        redis_scene_close(&s);
        fake_redis_stop(&fake);
    }
}
