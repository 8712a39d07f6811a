/* What a session tells of templates, and makes of those that make no sense. */
#include "tests/unit/storage/fake_redis.h"
#include "tests/unit/storage/redis_scene.h"

#include <stdlib.h>

static void change(struct redis_scene *s, const char *command)
{
    cr_assert(redis_server_do(&s->server, command));
}

/* The number of a template that a device has by now. */
static uint16_t number_of(struct redis_scene *s, const char *name)
{
    cr_assert(
        redis_server_do(&s->server, "HSET simgate:dev:{%s} template %s", REDIS_SCENE_ICCID, name));
    return client_find(&s->client, "10.0.0.1").device.template;
}

static struct answer find(struct redis_scene *s, uint16_t number)
{
    return client_find_template(&s->client, number);
}

Test(redis_templates, changes)
{
    static const char *const commands[] = {
        "SET simgate:template:meter {}",
        "APPEND simgate:template:meter x",
        "RENAME simgate:template:meter simgate:template:Meter_2.0-b",
        "SET simgate:active_template meter",
        "DEL simgate:active_template",
        "DEL simgate:template:Meter_2.0-b",
    };
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        unsigned known = s.client.template_changes;

        change(&s, commands[i]);
        AWAIT(&s, s.client.template_changes > known);
    }
    cr_expect_eq(s.client.template_changes, 7, "renaming is of two");
    cr_expect_eq(redis_scene_count(&s, STORE_CHANGES), 7);
    cr_expect_eq(s.client.device_changes + s.client.address_changes + s.client.doubts, 0);
    redis_scene_close(&s);
}

Test(redis_templates, other_keys)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    change(&s, "SET simgate:template: {}");
    change(&s, "SET simgate:template:no*name {}");
    change(&s, "SET simgate:template:.hidden {}");
    change(&s, "SET simgate:active_template_of_others meter");
    change(&s, "SET simgate:active_templat meter");
    change(&s, "SET simgate:templates:meter {}");
    change(&s, "SET template:meter {}");
    change(&s, "SET simgate:addr:10.0.0.7 1");
    AWAIT(&s, s.client.address_changes > 0);
    cr_expect_eq(s.client.template_changes, 0);
    redis_scene_close(&s);
}

/* Takes the notices of changes that came before the answer. */
struct late_answer {
    struct client *client;
    unsigned calls;
    enum store_result result;
    unsigned changes_before;
};

static void on_late_answer(void *context, enum store_result result,
                           const struct store_template *template)
{
    struct late_answer *late = context;

    late->calls++;
    late->result = result;
    late->changes_before = late->client->template_changes;
}

/* Asks, has the change heard of while the question waits to be sent, and lets it be answered. */
static struct late_answer ask_during(struct redis_scene *s, uint16_t number, const char *command)
{
    struct client *c = &s->client;
    struct late_answer late = {.client = c};
    unsigned heard = c->template_changes + c->address_changes + c->doubts;

    store_template_find(c->session, number, on_late_answer, &late);
    change(s, command);
    while (c->template_changes + c->address_changes + c->doubts == heard)
        uv_run(&c->loop, UV_RUN_ONCE);
    cr_assert_eq(late.calls, 0);
    AWAIT(s, late.calls == 1);
    return late;
}

Test(redis_templates, change_of_one_that_is_being_asked_for)
{
    static const struct {
        const char *command;
        enum store_result result;
    } cases[] = {
        {"SET simgate:template:meter {}", STORE_OK},
        {"DEL simgate:template:meter", STORE_ABSENT},
        {"LPUSH simgate:template:meter 1", STORE_REFUSED},
    };
    struct redis_scene s;
    uint16_t number;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    number = number_of(&s, "meter");
    AWAIT(&s, redis_scene_count(&s, STORE_CHANGES) == 1); /* of the device */
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        unsigned known = s.client.template_changes;
        struct late_answer late = ask_during(&s, number, cases[i].command);

        cr_expect_eq(late.result, cases[i].result);
        cr_expect_eq(late.changes_before, known + 1);
        cr_expect_eq(s.client.template_changes, known + 2);
        find(&s, number);
        cr_expect_eq(s.client.template_changes, known + 2, "once is enough");
    }
    cr_expect_eq(redis_scene_count(&s, STORE_CHANGES), 1 + 3, "what is told again does not count");
    redis_scene_close(&s);
}

Test(redis_templates, change_of_the_active_one_that_is_being_asked_for)
{
    struct redis_scene s;
    struct late_answer late;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    late = ask_during(&s, STORE_TEMPLATE_ACTIVE, "SET simgate:active_template meter");
    cr_expect_eq(late.changes_before, 1);
    cr_expect_eq(s.client.template_changes, 2);
    redis_scene_close(&s);
}

Test(redis_templates, database_that_is_emptied_meanwhile)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    ask_during(&s, STORE_TEMPLATE_ACTIVE, "FLUSHALL");
    cr_expect_eq(s.client.doubts, 1);
    cr_expect_eq(s.client.template_changes, 1);
    redis_scene_close(&s);
}

Test(redis_templates, change_of_something_else_meanwhile)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    ask_during(&s, STORE_TEMPLATE_ACTIVE, "DEL simgate:addr:10.0.0.1");
    cr_expect_eq(s.client.template_changes, 0);
    redis_scene_close(&s);
}

/* The name of the active one comes, and then nothing more. */
Test(redis_templates, text_that_does_not_come)
{
    static const struct fake_answer answers[] = {
        {.command = "GET", .reply = "$5\r\nmeter\r\n", .times = 1}, {0}};
    struct redis_scene s;
    struct fake_redis fake;
    struct answer answer;

    redis_scene_start(&s, NULL);
    cr_assert(fake_redis_start(&fake, answers));
    s.settings.url = fake.url;
    s.settings.timeout = 200 * CLOCK_MILLISECOND;
    redis_scene_open(&s);
    answer = find(&s, STORE_TEMPLATE_ACTIVE);
    cr_expect_eq(answer.calls, 1);
    cr_expect_eq(answer.result, STORE_TIMED_OUT);
    cr_expect_eq(s.client.template_changes, 0);
    cr_expect_eq(s.client.doubts, 1);
    redis_scene_close(&s);
    fake_redis_stop(&fake);
}

Test(redis_templates, too_many_questions)
{
    enum { MAX = 64 };
    struct answer answers[MAX + 1];
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    s.settings.max_in_flight = MAX;
    redis_scene_open(&s);
    for (unsigned i = 0; i <= MAX; i++) {
        answers[i] = (struct answer){.client = &s.client};
        s.client.in_call = true;
        store_template_find(s.client.session, STORE_TEMPLATE_ACTIVE, client_keep_template,
                            &answers[i]);
        s.client.in_call = false;
    }
    cr_expect_eq(answers[MAX].calls, 1);
    cr_expect_eq(answers[MAX].result, STORE_OVERLOADED);
    for (unsigned i = 0; i < MAX; i++) {
        AWAIT(&s, answers[i].calls == 1);
        cr_expect_eq(answers[i].result, STORE_ABSENT);
    }
    redis_scene_close(&s);
}

Test(redis_templates, names_of_the_active_one)
{
    static const struct {
        const char *command;
        const char *log;
    } cases[] = {
        {"SET simgate:active_template no*name", "simgate:active_template: the name"},
        {"SET simgate:active_template -", "simgate:active_template: the name"},
        {"SET simgate:active_template .hidden", "simgate:active_template: the name"},
        {"SETRANGE simgate:active_template 300 x", "simgate:active_template: the name"},
        {"SETRANGE simgate:active_template 5 x", "simgate:active_template: the name"},
        {"SET simgate:active_template \"\"", NULL},
        {"SET simgate:active_template missing",
         "simgate:active_template: the name, which no template has,"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct redis_scene s;

        redis_scene_start(&s, NULL);
        redis_scene_open(&s);
        if (strchr(cases[i].command, '"'))
            cr_assert(redis_server_do(&s.server, "SET simgate:active_template %s", ""));
        else
            change(&s, cases[i].command);
        cr_expect_eq(find(&s, STORE_TEMPLATE_ACTIVE).result, STORE_ABSENT, "%s", cases[i].command);
        cr_expect_eq(redis_scene_logged(&s, cases[i].log ? cases[i].log : "makes no sense"),
                     cases[i].log != NULL, "%s", cases[i].command);
        redis_scene_close(&s);
    }
}

Test(redis_templates, names_of_devices)
{
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    cr_expect_eq(number_of(&s, ""), STORE_TEMPLATE_ACTIVE);
    cr_expect_eq(number_of(&s, "-"), STORE_TEMPLATE_NONE);
    cr_expect_eq(number_of(&s, "meter"), STORE_TEMPLATE_NONE + 1);
    cr_expect_eq(number_of(&s, "Meter"), STORE_TEMPLATE_NONE + 2);
    cr_expect_not(redis_scene_logged(&s, "makes no sense"));
    cr_expect_eq(number_of(&s, "no*name"), STORE_TEMPLATE_ACTIVE);
    cr_expect(redis_scene_logged(&s, "simgate:dev:{" REDIS_SCENE_ICCID "}: the template"));
    cr_expect_eq(find(&s, STORE_TEMPLATE_NONE + 1).result, STORE_ABSENT);
    cr_expect(client_find(&s.client, "10.0.0.1").device.active, "the rest is good");
    redis_scene_close(&s);
}

Test(redis_templates, lengths)
{
    static const struct {
        size_t length;
        enum store_result result;
    } cases[] = {
        {0, STORE_OK},
        {256, STORE_OK},
        {257, STORE_OK},
        {STORE_TEMPLATE_TEXT_MAX, STORE_OK},
        {STORE_TEMPLATE_TEXT_MAX + 1, STORE_REFUSED},
        {3 * 1024 * 1024, STORE_REFUSED},
    };
    char *text = malloc(cases[5].length);
    struct redis_scene s;
    uint16_t number;

    for (size_t i = 0; i < cases[5].length; i++)
        text[i] = (char)(i * 31 + i / 256);
    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    number = number_of(&s, "meter");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct answer answer;

        cr_expect_not(redis_scene_logged(&s, "makes no sense") && cases[i].result == STORE_OK);
        cr_assert(
            redis_server_do(&s.server, "SET simgate:template:meter %b", text, cases[i].length));
        answer = find(&s, number);
        cr_expect_eq(answer.result, cases[i].result, "%zu", cases[i].length);
        if (answer.result != STORE_OK)
            continue;
        cr_expect_eq(answer.template_length, cases[i].length);
        cr_expect_eq(memcmp(s.client.text, text, cases[i].length), 0, "%zu", cases[i].length);
    }
    cr_expect(redis_scene_logged(&s, "simgate:template:meter: the text, which is longer"));
    cr_expect_eq(redis_scene_count(&s, STORE_ERRORS_REFUSED), 2);
    cr_expect_eq(redis_scene_count(&s, STORE_DISCONNECTS), 0);
    free(text);
    redis_scene_close(&s);
}

Test(redis_templates, answers_that_are_none)
{
    static const struct {
        const char *reply;
        enum store_result named, active;
    } cases[] = {
        {":1\r\n", STORE_REFUSED, STORE_ABSENT},
        {"+meter\r\n", STORE_REFUSED, STORE_ABSENT},
        {"*1\r\n$5\r\nmeter\r\n", STORE_REFUSED, STORE_ABSENT},
        {"-ERR no\r\n", STORE_REFUSED, STORE_REFUSED},
        {"$-1\r\n", STORE_ABSENT, STORE_ABSENT},
        {"$5\r\nmeter\r\n", STORE_OK, STORE_OK},
    };
    static const char record[] = "*5\r\n$6\r\nactive\r\n$-1\r\n$-1\r\n$-1\r\n$5\r\nmeter\r\n";

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct fake_answer answers[] = {{.command = "GET", .reply = cases[i].reply},
                                              {.command = "HMGET", .reply = record},
                                              {0}};
        struct redis_scene s;
        struct fake_redis fake;
        uint16_t number;

        redis_scene_start(&s, NULL);
        cr_assert(fake_redis_start(&fake, answers));
        s.settings.url = fake.url;
        redis_scene_open(&s);
        number = client_find_by_iccid(&s.client, REDIS_SCENE_ICCID).device.template;
        cr_expect_gt(number, STORE_TEMPLATE_NONE);
        cr_expect_eq(find(&s, number).result, cases[i].named, "%s", cases[i].reply);
        cr_expect_eq(find(&s, STORE_TEMPLATE_ACTIVE).result, cases[i].active, "%s", cases[i].reply);
        redis_scene_close(&s);
        fake_redis_stop(&fake);
    }
}
