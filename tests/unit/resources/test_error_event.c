#include "workers/resources/error_event.h"

#include "base/clock.h"
#include "base/net_address.h"
#include "tests/unit/resources/fake_publisher.h"

#include <criterion/criterion.h>

static const struct device device = {.iccid = "8988280666000002864", .imsi = "901405100002864"};

/* A worker's part that publishes. */
struct scene {
    struct error_events events;
    struct random_source random;
    struct resources resources;
    struct error_event event;
    uint8_t ip[16];
};

static struct scene *open_scene(const char *topic)
{
    struct scene *s = calloc(1, sizeof(*s));
    struct error_event_settings settings = {.deadline = 1000};

    cr_assert_null((void *)error_topic_init(&settings.topic, topic));
    cr_assert_eq(error_events_init(&s->events, &settings), 0);
    random_source_seed(&s->random, 1);
    net_ip_parse(s->ip, "100.91.200.24");
    s->resources.publisher = fake_publisher_open();
    s->resources.error_events = &s->events;
    s->resources.random = &s->random;
    envelope_time_set(&s->resources.wall, UINT64_C(1670598749915));
    s->event = (struct error_event){.device = &device,
                                    .order_key = 7,
                                    .ip = s->ip,
                                    .code = "CODE",
                                    .message = "what",
                                    .description = "more"};
    return s;
}

static void close_scene(struct scene *s)
{
    fake_publisher_give_back(s->resources.publisher, PUBLISH_UNREACHABLE);
    resources_collect(&s->resources);
    cr_expect_eq(s->events.jobs.used, 0);
    error_events_deinit(&s->events);
    fake_publisher_close(s->resources.publisher);
    free(s);
}

static const char *written(const struct error_event *event)
{
    static char text[4096];
    struct writer w = writer_over(text, sizeof(text));
    struct envelope_time time;

    envelope_time_set(&time, UINT64_C(1670598749915));
    error_event_write(&w, event, "1-6393505d-67fa8489fb9c791fcddd43f0", &time);
    writer_terminate(&w);
    cr_assert_not(w.failed);
    return text;
}

Test(error_event, is_written)
{
    struct scene *s = open_scene("simgate/error/{iccid}");

    cr_expect_str_eq(written(&s->event),
                     "{\"id\":\"1-6393505d-67fa8489fb9c791fcddd43f0\",\"type\":\"ERROR\","
                     "\"received\":\"1670598749915\",\"device\":{\"iccid\":\"8988280666000002864\","
                     "\"ip\":\"100.91.200.24\",\"imsi\":\"901405100002864\"},"
                     "\"error\":{\"code\":\"CODE\",\"message\":\"what\",\"description\":\"more\"},"
                     "\"version\":\"1.0.0\"}");
    close_scene(s);
}

Test(error_event, texts_of_strangers_are_escaped)
{
    struct scene *s = open_scene("e");

    s->event.code = NULL;
    s->event.description = "a\"b\\c\n\x7f\xe9";
    cr_expect(strstr(written(&s->event), "\"error\":{\"message\":\"what\",\"description\":"
                                         "\"a\\u0022b\\u005cc\\u000a\\u007f\\u00e9\"}"));
    close_scene(s);
}

Test(error_event, texts_in_utf_8_stay_as_they_are)
{
    struct scene *s = open_scene("e");

    s->event.description = "F\xc3\xbcllstand \"1\"";
    cr_expect(strstr(written(&s->event), "\"description\":\"F\xc3\xbcllstand \\\"1\\\"\"}"));
    close_scene(s);
}

Test(error_event, is_published_under_its_topic_and_given_back)
{
    struct scene *s = open_scene("simgate/error/{iccid}");
    struct publisher_lane *lane = s->resources.publisher;

    error_event_publish(&s->resources, &s->event);
    cr_assert_eq(lane->count, 1);
    cr_expect_str_eq(lane->submissions[0].topic, "simgate/error/8988280666000002864");
    cr_expect_eq(lane->submissions[0].publication->order_key, 7);
    cr_expect_eq(lane->submissions[0].publication->deadline, 1000);
    resources_collect(&s->resources);
    cr_expect_eq(s->events.acknowledged, 1);
    lane->result = PUBLISH_REFUSED;
    error_event_publish(&s->resources, &s->event);
    resources_collect(&s->resources);
    cr_expect_eq(s->events.failed, 1);
    cr_expect_eq(s->events.jobs.used, 0);
    close_scene(s);
}

Test(error_event, is_dropped_where_there_is_no_room)
{
    struct scene *s = open_scene("e");
    struct publisher_lane *lane = s->resources.publisher;

    lane->at_once = PUBLISH_UNREACHABLE;
    error_event_publish(&s->resources, &s->event);
    cr_expect_eq(s->events.dropped, 1);
    lane->at_once = PUBLISH_PENDING;
    lane->delay = CLOCK_NEVER;
    for (int i = 0; i < 1000; i++)
        error_event_publish(&s->resources, &s->event);
    cr_expect_eq(s->events.dropped, 1 + 1000 - s->events.jobs.capacity);
    close_scene(s);
}

Test(error_event, the_longest_fits)
{
    char topic[TOPIC_TEMPLATE_MAX + 1] = "", description[ERROR_EVENT_DESCRIPTION + 1];
    struct scene *s;

    while (strlen(topic) + strlen("{iccid}") <= TOPIC_TEMPLATE_MAX)
        strcat(topic, "{iccid}");
    memset(description, '"', ERROR_EVENT_DESCRIPTION);
    description[ERROR_EVENT_DESCRIPTION] = 0;
    s = open_scene(topic);
    s->event.description = description;
    error_event_publish(&s->resources, &s->event);
    cr_expect_eq(s->events.dropped, 0);
    close_scene(s);
}

Test(error_event, topics)
{
    struct topic_template t;

    cr_expect_null((void *)error_topic_init(&t, "errors"));
    cr_expect_not_null((void *)error_topic_init(&t, ""));
    cr_expect_not_null((void *)error_topic_init(&t, "error/{t}"));
    cr_expect_not_null((void *)error_topic_init(&t, "error/{imsi}"));
    cr_expect_not_null((void *)error_topic_init(&t, "error/{name}"));
    cr_expect_not_null((void *)error_topic_init(&t, "error/#"));
}
