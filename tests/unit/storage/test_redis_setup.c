/* Which Redis a session takes, and how it gets there: places, passwords, versions. */
#include "storage/redis/link.h"
#include "tests/unit/storage/fake_redis.h"
#include "tests/unit/storage/redis_scene.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    close(fd);
    return ntohs(address.sin_port);
}

/* Opens a session that is not expected to come up. */
static void begin(struct redis_scene *s)
{
    cr_assert_eq(store_open(&s->store, &s->settings, &s->log, &(char *){NULL}), 0);
    cr_assert(client_begin(&s->client, s->store));
}

static void expect_to_fail(struct redis_scene *s, const char *reason)
{
    begin(s);
    AWAIT(s, redis_scene_logged(s, reason));
    cr_expect_eq(store_state(s->store), STORE_STARTING);
    cr_expect_eq(client_find(&s->client, "10.0.0.1").result, STORE_UNREACHABLE);
    cr_expect_eq(s->client.doubts, 0);
    cr_expect_eq(redis_scene_count(s, STORE_CONNECTS), 0);
}

Test(redis_setup, tcp)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};

    for (unsigned i = 0; i < 2; i++) {
        char port[8], url[64];
        const char *options[] = {"--port", port, "--bind", "127.0.0.1", NULL};
        struct redis_scene s;

        snprintf(port, sizeof(port), "%u", free_port());
        snprintf(url, sizeof(url), "redis://%s:%s/0", hosts[i], port);
        redis_scene_start(&s, options);
        s.settings.url = url;
        redis_scene_open(&s); /* localhost may be ::1 first, where nobody listens */
        cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK);
        redis_scene_close(&s);
    }
}

Test(redis_setup, name_without_address)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    s.settings.url = "redis://no..name";
    expect_to_fail(&s, "its name: ");
    redis_scene_close(&s);
}

Test(redis_setup, nobody_listens)
{
    struct redis_scene s;
    char url[64];

    redis_scene_start(&s, NULL);
    snprintf(url, sizeof(url), "redis://127.0.0.1:%u", free_port());
    s.settings.url = url;
    expect_to_fail(&s, "Connection refused");
    redis_scene_close(&s);
}

Test(redis_setup, somebody_who_says_nothing)
{
    static const struct fake_answer answers[] = {
        {.command = "CLIENT", .reply = ""}, {.command = "SUBSCRIBE", .reply = ""}, {0}};
    struct redis_scene s;
    struct fake_redis fake;

    redis_scene_start(&s, NULL);
    cr_assert(fake_redis_start(&fake, answers));
    s.settings.url = fake.url;
    s.settings.timeout = 100 * CLOCK_MILLISECOND;
    expect_to_fail(&s, "no connection in time");
    redis_scene_close(&s);
    fake_redis_stop(&fake);
}

Test(redis_setup, database)
{
    struct redis_scene s;
    char url[120];

    redis_scene_start(&s, NULL);
    snprintf(url, sizeof(url), "%s?db=3", s.server.url);
    s.settings.url = url;
    cr_assert(redis_server_do(&s.server, "SELECT 3"));
    redis_scene_open(&s);
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK);
    cr_assert(redis_server_do(&s.server, "DEL simgate:addr:10.0.0.1"));
    AWAIT(&s, s.client.address_changes == 1);
    redis_scene_close(&s);
}

Test(redis_setup, database_that_is_not_there)
{
    struct redis_scene s;
    char url[120];

    redis_scene_start(&s, NULL);
    snprintf(url, sizeof(url), "%s?db=99", s.server.url);
    s.settings.url = url;
    expect_to_fail(&s, "SELECT: ERR DB index is out of range");
    redis_scene_close(&s);
}

Test(redis_setup, password)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    cr_assert(redis_server_do(&s.server, "CONFIG SET requirepass se:cret"));
    s.settings.password = "se:cret";
    redis_scene_open(&s);
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK);
    redis_scene_close(&s);
}

Test(redis_setup, wrong_password)
{
    static const char *const passwords[] = {"wrong", ""};
    static const char *const reasons[] = {"AUTH: WRONGPASS", "NOAUTH"};

    for (unsigned i = 0; i < 2; i++) {
        struct redis_scene s;

        redis_scene_start(&s, NULL);
        cr_assert(redis_server_do(&s.server, "CONFIG SET requirepass secret"));
        s.settings.password = passwords[i];
        expect_to_fail(&s, reasons[i]);
        cr_expect_not(redis_scene_logged(&s, "wrong;"));
        redis_scene_close(&s);
    }
}

/* What docs/redis.md says that a gateway's user needs, and nothing else. */
#define MINIMAL_USER                                                                               \
    "ACL SETUSER gateway on >secret resetchannels &__redis__:invalidate resetkeys "                \
    "%%R~simgate:dev:* %%R~simgate:addr:* %%RW~simgate:x:* %%RW~simgate:loc:* "                    \
    "%%R~simgate:template:* %%R~simgate:active_template -@all +get +hset +hmget +set +del +ping "  \
    "+info +select +subscribe +client|id +client|setname +client|tracking"

Test(redis_setup, user_who_may_what_is_needed)
{
    struct redis_scene s;
    struct store_exchange_key key = {.bytes = "x", .length = 1};
    const struct location here = {"13.404954", "52.520008", "GPS", "1700000000"};
    struct answer answer;

    redis_scene_start(&s, NULL);
    cr_assert(redis_server_do(&s.server, MINIMAL_USER));
    s.settings.username = "gateway";
    s.settings.password = "secret";
    redis_scene_open(&s);
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK);
    answer = client_reserve(&s.client, &key, CLOCK_SECOND);
    cr_expect_eq(answer.result, STORE_OK);
    store_exchange_settle(s.client.session, &key, 0x44, 1, CLOCK_SECOND);
    store_exchange_release(s.client.session, &key);
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_OK);
    cr_expect_eq(redis_scene_count(&s, STORE_OUTCOMES_LOST), 0);
    store_location_set(s.client.session, REDIS_SCENE_ICCID, &here);
    cr_expect_eq(client_find_location(&s.client, REDIS_SCENE_ICCID).result, STORE_OK);
    cr_assert(redis_server_do(&s.server, "SET simgate:active_template meter"));
    cr_assert(redis_server_do(&s.server, "SET simgate:template:meter {}"));
    cr_expect_eq(client_find_template(&s.client, STORE_TEMPLATE_ACTIVE).result, STORE_OK);
    AWAIT(&s, redis_scene_count(&s, STORE_CHANGES) == 2);
    cr_assert(redis_server_do(&s.server, "DEL simgate:addr:10.0.0.1"));
    AWAIT(&s, s.client.address_changes == 1);
    cr_expect_not(redis_scene_logged(&s, "refused"));
    redis_scene_close(&s);
}

Test(redis_setup, user_who_may_not_subscribe)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    cr_assert(redis_server_do(&s.server, MINIMAL_USER " resetchannels"));
    s.settings.username = "gateway";
    s.settings.password = "secret";
    expect_to_fail(&s, "NOPERM");
    redis_scene_close(&s);
}

/* Servers that a test cannot start: an old one, a loading one, and none at all. */
Test(redis_setup, servers_that_will_not_do)
{
    static const struct {
        struct fake_answer answers[2];
        const char *reason;
    } cases[] = {
        {{{.command = "INFO", .reply = "$20\r\nredis_version:6.2.14\r\n"}},
         "INFO: this is Redis 6.2.14, and 7.0 is the oldest that will do"},
        {{{.command = "INFO", .reply = "$2\r\nno\r\n"}}, "INFO: no version"},
        {{{.command = "PING", .reply = "-LOADING Redis is loading the dataset in memory\r\n"}},
         "PING: LOADING Redis is"},
        {{{.command = "PING", .reply = "+PANG\r\n"}}, "PING: no PONG"},
        {{{.command = "CLIENT", .reply = "-DENIED Redis is running in protected mode\r\n"}},
         "DENIED"},
        {{{.command = "CLIENT", .reply = "+OK\r\n"}}, "CLIENT ID: no number"},
        {{{.command = "SUBSCRIBE", .reply = "-ERR no\r\n"}}, "ERR no"},
        {{{.command = "SELECT", .reply = "HTTP/1.1 400 Bad Request\r\n"}}, "Protocol error"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct redis_scene s;
        struct fake_redis fake;

        redis_scene_start(&s, NULL);
        cr_assert(fake_redis_start(&fake, cases[i].answers));
        s.settings.url = fake.url;
        expect_to_fail(&s, cases[i].reason);
        redis_scene_close(&s);
        fake_redis_stop(&fake);
    }
}

/* Each connection is probed, also while there is nothing to ask. */
static void expect_doubt(const struct fake_answer *answers)
{
    struct redis_scene s;
    struct fake_redis fake;

    redis_scene_start(&s, NULL);
    cr_assert(fake_redis_start(&fake, answers));
    s.settings.url = fake.url;
    s.settings.timeout = 100 * CLOCK_MILLISECOND;
    begin(&s);
    AWAIT(&s, store_state(s.store) == STORE_UP);
    AWAIT(&s, s.client.doubts == 1);
    cr_expect(redis_scene_logged(&s, "no answer in time"));
    redis_scene_close(&s);
    fake_redis_stop(&fake);
}

Test(redis_setup, subscriber_that_falls_silent)
{
    static const struct fake_answer answers[] = {
        {.command = "SUBSCRIBE",
         .reply = "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n",
         .times = 2},
        {0}};

    expect_doubt(answers);
}

Test(redis_setup, questions_connection_that_falls_silent)
{
    static const struct fake_answer answers[] = {
        {.command = "PING", .reply = "+PONG\r\n", .times = 2}, {0}};

    expect_doubt(answers);
}

static void ignore(void *owner)
{
}

static void ignore_loss(void *owner, const char *reason)
{
}

/* hiredis reads a subscription up to a NUL, and ends the process over what else it finds there. */
Test(redis_setup, what_is_behind_a_command)
{
    static const struct redis_link_ops ops = {ignore, ignore, ignore_loss};
    static const struct fake_answer answers[] = {{0}};
    struct redis_command command;
    struct fake_redis fake;
    struct redis_link *link;
    struct redis_url url;
    char reason[REDIS_REASON_MAX];
    uv_loop_t loop;

    cr_assert(fake_redis_start(&fake, answers));
    cr_assert_null((void *)redis_url_parse(&url, fake.url));
    uv_loop_init(&loop);
    cr_assert_null((void *)redis_link_open(&link, &loop, &url, NULL, true, &ops, &loop, reason));
    memset(&command, '$', sizeof(command));
    redis_command_begin(&command, "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n");
    redis_link_send(link, NULL, NULL, &command);
    redis_link_close(link);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    fake_redis_stop(&fake);
}

Test(redis_setup, wrong_settings)
{
    static const struct {
        const char *url, *prefix, *part;
    } cases[] = {
        {"redis://localhost/x", "simgate:", "database"},
        {"redis://localhost", "sim gate:", "redis.prefix"},
        {"redis://localhost", "{simgate}", "redis.prefix"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct store_settings settings = {
            .url = cases[i].url, .username = "", .password = "", .prefix = cases[i].prefix};
        struct store *store;
        char *error;

        cr_expect_eq(store_open(&store, &settings, NULL, &error), -EINVAL);
        cr_expect_not_null(strstr(error, cases[i].part), "%s", error);
        free(error);
    }
}
