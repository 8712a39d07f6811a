#include "tests/unit/publisher/client.h"

#include <criterion/criterion.h>

Test(null_sink, acknowledges_at_once)
{
    struct publisher_settings settings = client_settings("null:");
    struct publication publication = client_publication("t", "x", CLOCK_SECOND);
    struct client client;

    client_open(&client, &settings, 2);
    cr_expect(publisher_ready(client.publisher));
    cr_expect(publisher_lane_ready(client.lane, 7));
    cr_expect_eq(client_submit(&client, &publication), PUBLISH_ACKNOWLEDGED);
    cr_expect_null(publisher_collect(client.lane));
    cr_expect_eq(client_counter(&client, PUBLISHER_ACKNOWLEDGED), 1);
    client_close(&client);
}

static void expect_refused(struct publisher_settings settings)
{
    struct log log = log_to_stderr(LOG_ERROR);
    struct publisher *publisher;
    char *error = NULL;

    cr_expect_lt(publisher_open(&publisher, &settings, 1, NULL, NULL, &log, &error), 0);
    cr_expect_not_null(error);
    free(error);
}

Test(publisher, refuses_settings_that_make_no_sense)
{
    struct publisher_settings settings = client_settings("mqtt://127.0.0.1:1");

    expect_refused(client_settings(NULL));
    expect_refused(client_settings("http://127.0.0.1"));
    expect_refused(client_settings("nothing:"));
    settings.keepalive = 4;
    expect_refused(settings);
    settings = client_settings("null:");
    settings.connections = 0;
    expect_refused(settings);
    settings = client_settings("mqtts://127.0.0.1:1");
    settings.ca_file = "/nonexistent.pem";
    expect_refused(settings);
}
