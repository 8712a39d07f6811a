/* The pool of connections against a real mosquitto. */
#include "tests/unit/publisher/broker.h"
#include "tests/unit/publisher/client.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANYBODY  "allow_anonymous true\n"
#define PATIENCE (5 * CLOCK_SECOND)

struct fixture {
    struct broker broker;
    struct client client;
    struct publisher_settings settings;
};

/* Starts a broker; the test opens the client when it has filled in the settings. */
static void begin(struct fixture *f, const char *options)
{
    if (!broker_is_there())
        cr_skip_test("mosquitto is not installed");
    broker_init(&f->broker, options);
    broker_start(&f->broker);
    f->settings = client_settings(f->broker.url);
}

static void connect_client(struct fixture *f)
{
    client_open(&f->client, &f->settings, 1);
    cr_assert(client_wait_ready(&f->client, true, PATIENCE));
}

static void finish(struct fixture *f)
{
    client_close(&f->client);
    broker_deinit(&f->broker);
}

/* Publishes one and returns what became of it. */
static enum publish_result publish(struct fixture *f, const char *topic, const char *payload)
{
    struct publication publication = client_publication(topic, payload, PATIENCE);
    enum publish_result result = client_submit(&f->client, &publication);

    if (result != PUBLISH_PENDING)
        return result;
    cr_assert_eq(client_collect(&f->client, PATIENCE), &publication);
    return publication.result;
}

Test(mqtt_pool, acknowledges_what_the_broker_has)
{
    struct fixture f;

    begin(&f, ANYBODY);
    connect_client(&f);
    cr_expect_eq(publish(&f, "a/b", "hello"), PUBLISH_ACKNOWLEDGED);
    cr_expect_eq(publish(&f, "a/b", ""), PUBLISH_ACKNOWLEDGED);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_ACKNOWLEDGED), 2);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_CONNECTIONS_UP), 1);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_OUTSTANDING), 0);
    finish(&f);
}

/* What mosquitto_sub prints for one message on "t" while the fixture publishes it. */
static void subscribe_and_publish(struct fixture *f, struct publication *publication, char *line,
                                  int size)
{
    char command[256];
    FILE *subscriber;

    snprintf(command, sizeof(command),
             "mosquitto_sub -h 127.0.0.1 -p %u -V 5 -q 1 -t t -C 1 -W 5 -F '%%P %%p'",
             f->broker.port);
    subscriber = popen(command, "r");
    cr_assert_not_null(subscriber);
    usleep(500000);
    cr_assert_eq(client_submit(&f->client, publication), PUBLISH_PENDING);
    cr_assert_eq(client_collect(&f->client, PATIENCE), publication);
    cr_expect_not_null(fgets(line, size, subscriber));
    pclose(subscriber);
}

Test(mqtt_pool, passes_on_user_properties)
{
    struct publication publication = client_publication("t", "payload", PATIENCE);
    struct fixture f;
    char line[128] = "";

    begin(&f, ANYBODY);
    connect_client(&f);
    publication.property_count = 2;
    publication.properties[0] = (struct publication_property){"iccid", "89"};
    publication.properties[1] = (struct publication_property){"ip", "10.0.0.1"};
    subscribe_and_publish(&f, &publication, line, sizeof(line));
    cr_expect_eq(publication.result, PUBLISH_ACKNOWLEDGED);
    cr_expect_str_eq(line, "iccid:89 ip:10.0.0.1 payload\n");
    finish(&f);
}

Test(mqtt_pool, says_when_a_topic_is_not_authorized)
{
    struct fixture f;
    char acl[96], options[256];

    if (!broker_is_there())
        cr_skip_test("mosquitto is not installed");
    broker_init(&f.broker, "");
    broker_file(&f.broker, "acl", "topic write good/#\n", acl);
    snprintf(options, sizeof(options), "listener %u 127.0.0.1\nuser root\n" ANYBODY "acl_file %s\n",
             f.broker.port, acl);
    broker_file(&f.broker, "mosquitto.conf", options, acl);
    broker_start(&f.broker);
    f.settings = client_settings(f.broker.url);
    connect_client(&f);
    cr_expect_eq(publish(&f, "good/x", "1"), PUBLISH_ACKNOWLEDGED);
    cr_expect_eq(publish(&f, "bad/x", "1"), PUBLISH_NOT_AUTHORIZED);
    finish(&f);
}

Test(mqtt_pool, refuses_what_is_too_large_for_the_broker)
{
    struct fixture f;
    static char payload[1100];

    memset(payload, 'x', sizeof(payload) - 1);
    begin(&f, ANYBODY "max_packet_size 1024\n");
    connect_client(&f);
    cr_expect_eq(publish(&f, "t", payload), PUBLISH_REFUSED);
    payload[1024 - 8] = '\0'; /* one byte too many: 1 + 2 + 2 + 1 + 2 + 1 are not the payload's */
    cr_expect_eq(publish(&f, "t", payload), PUBLISH_REFUSED);
    payload[1024 - 9] = '\0';
    cr_expect_eq(publish(&f, "t", payload), PUBLISH_ACKNOWLEDGED);
    cr_expect_eq(publish(&f, "t", "small"), PUBLISH_ACKNOWLEDGED);
    finish(&f);
}

Test(mqtt_pool, refuses_an_impossible_topic)
{
    struct fixture f;

    begin(&f, ANYBODY);
    connect_client(&f);
    cr_expect_eq(publish(&f, "a/#", "1"), PUBLISH_REFUSED);
    cr_expect_eq(publish(&f, "a", "1"), PUBLISH_ACKNOWLEDGED);
    finish(&f);
}

Test(mqtt_pool, keeps_trying_with_credentials_that_are_refused)
{
    struct fixture f;

    begin(&f, "allow_anonymous false\n");
    f.settings.username = "nobody";
    f.settings.password = "wrong";
    client_open(&f.client, &f.settings, 1);
    cr_expect_not(client_wait_ready(&f.client, true, CLOCK_SECOND));
    cr_expect_eq(publish(&f, "a", "1"), PUBLISH_UNREACHABLE);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_CONNECTS), 0);
    finish(&f);
}

Test(mqtt_pool, comes_back_when_the_broker_does)
{
    struct fixture f;

    begin(&f, ANYBODY);
    connect_client(&f);
    broker_stop(&f.broker, SIGTERM);
    cr_assert(client_wait_ready(&f.client, false, PATIENCE));
    cr_expect_eq(publish(&f, "a", "1"), PUBLISH_UNREACHABLE);
    broker_start(&f.broker);
    cr_assert(client_wait_ready(&f.client, true, PATIENCE));
    cr_expect_eq(publish(&f, "a", "1"), PUBLISH_ACKNOWLEDGED);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_CONNECTS), 2);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_DISCONNECTS), 1);
    finish(&f);
}

/* The promise behind 2.04: only a PUBACK is an acknowledgement. A frozen broker takes what is sent
 * into its socket and dies; what was sent waits for the next broker, what was not comes back. */
Test(mqtt_pool, acknowledges_nothing_before_the_puback)
{
    struct publication sent[20], unsent;
    struct fixture f;

    begin(&f, ANYBODY); /* mosquitto's own Receive Maximum is 20 */
    connect_client(&f);
    kill(f.broker.pid, SIGSTOP);
    for (int i = 0; i < 20; i++) {
        sent[i] = client_publication("a", "1", PATIENCE);
        cr_assert_eq(client_submit(&f.client, &sent[i]), PUBLISH_PENDING);
    }
    unsent = client_publication("a", "2", PATIENCE);
    cr_assert_eq(client_submit(&f.client, &unsent), PUBLISH_PENDING);
    cr_expect_null(client_collect(&f.client, 300 * CLOCK_MILLISECOND));
    cr_expect_eq(client_counter(&f.client, PUBLISHER_OUTSTANDING), 20);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_QUEUED), 1);

    broker_stop(&f.broker, SIGKILL);
    cr_assert_eq(client_collect(&f.client, PATIENCE), &unsent);
    cr_expect_eq(unsent.result, PUBLISH_UNREACHABLE);
    cr_expect_null(client_collect(&f.client, 300 * CLOCK_MILLISECOND));
    cr_expect_eq(client_counter(&f.client, PUBLISHER_OUTSTANDING), 20);

    broker_start(&f.broker);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(client_collect(&f.client, PATIENCE), &sent[i]);
        cr_expect_eq(sent[i].result, PUBLISH_ACKNOWLEDGED);
    }
    cr_expect_eq(client_counter(&f.client, PUBLISHER_OUTSTANDING), 0);
    cr_expect_null(client_collect(&f.client, 100 * CLOCK_MILLISECOND), "once each");
    finish(&f);
}

Test(mqtt_pool, gives_back_at_the_end_what_was_not_answered)
{
    struct publication publication = client_publication("a", "1", PATIENCE);
    struct fixture f;

    begin(&f, ANYBODY);
    connect_client(&f);
    kill(f.broker.pid, SIGSTOP);
    cr_assert_eq(client_submit(&f.client, &publication), PUBLISH_PENDING);
    cr_expect_null(client_collect(&f.client, 100 * CLOCK_MILLISECOND));
    publisher_stop(f.client.publisher, CLOCK_SECOND);
    cr_assert_eq(publisher_collect(f.client.lane), &publication);
    cr_expect_eq(publication.result, PUBLISH_UNANSWERED);
    finish(&f);
}

Test(mqtt_pool, withdraws_what_a_frozen_broker_leaves_no_room_for)
{
    struct publication sent[20], waiting;
    struct fixture f;
    uint64_t submitted;

    begin(&f, ANYBODY);
    connect_client(&f);
    kill(f.broker.pid, SIGSTOP);
    for (int i = 0; i < 20; i++) {
        sent[i] = client_publication("a", "1", 200 * CLOCK_MILLISECOND);
        cr_assert_eq(client_submit(&f.client, &sent[i]), PUBLISH_PENDING);
    }
    waiting = client_publication("a", "1", 200 * CLOCK_MILLISECOND);
    submitted = clock_now();
    cr_assert_eq(client_submit(&f.client, &waiting), PUBLISH_PENDING);
    cr_assert_eq(client_collect(&f.client, PATIENCE), &waiting);
    cr_expect_eq(waiting.result, PUBLISH_WITHDRAWN);
    cr_expect_gt(clock_now() - submitted, 150 * CLOCK_MILLISECOND);
    cr_expect_lt(clock_now() - submitted, CLOCK_SECOND);
    kill(f.broker.pid, SIGCONT);
    for (int i = 0; i < 20; i++)
        cr_expect_eq(client_collect(&f.client, PATIENCE), &sent[i]);
    finish(&f);
}

Test(mqtt_pool, notices_a_frozen_broker_by_its_keepalive, .timeout = 40)
{
    struct publication publication = client_publication("a", "1", PATIENCE);
    struct fixture f;

    begin(&f, ANYBODY);
    f.settings.keepalive = 5;
    connect_client(&f);
    kill(f.broker.pid, SIGSTOP);
    cr_assert_eq(client_submit(&f.client, &publication), PUBLISH_PENDING);
    cr_assert(client_wait_ready(&f.client, false, 15 * CLOCK_SECOND));
    cr_expect_null(publisher_collect(f.client.lane));
    kill(f.broker.pid, SIGCONT);
    cr_assert_eq(client_collect(&f.client, 15 * CLOCK_SECOND), &publication);
    cr_expect_eq(publication.result, PUBLISH_ACKNOWLEDGED);
    finish(&f);
}

/* Identifiers are 16 bits, so the 70,000th has one that was used before. */
Test(mqtt_pool, goes_on_after_all_packet_identifiers_were_used, .timeout = 60)
{
    static struct publication publications[512];
    struct fixture f;
    unsigned submitted = 0, returned = 0;

    begin(&f, ANYBODY "max_inflight_messages 0\n");
    connect_client(&f);
    while (returned < 70000) {
        struct publication *publication = NULL;

        if (submitted < 70000 && submitted - returned < 512) {
            publication = &publications[submitted++ % 512];
            *publication = client_publication("a", "1", PATIENCE);
            cr_assert_eq(client_submit(&f.client, publication), PUBLISH_PENDING);
        } else {
            publication = client_collect(&f.client, PATIENCE);
            cr_assert_eq(publication, &publications[returned++ % 512], "they keep their order");
            cr_assert_eq(publication->result, PUBLISH_ACKNOWLEDGED);
        }
    }
    finish(&f);
}

/* A broker that takes the connection and never says a word. */
Test(mqtt_pool, neither_waits_nor_hangs_at_a_black_hole)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct publication publication = client_publication("a", "1", PATIENCE);
    struct publisher_settings settings;
    struct client client;
    uint64_t begin_at;
    char url[64];

    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    snprintf(url, sizeof(url), "mqtt://127.0.0.1:%u", ntohs(address.sin_port));
    settings = client_settings(url);
    settings.connections = 4; /* more than the backlog takes: those swallow even the SYN */
    client_open(&client, &settings, 1);
    usleep(300000);
    begin_at = clock_now();
    cr_expect_not(publisher_ready(client.publisher));
    for (publication.order_key = 0; publication.order_key < 4; publication.order_key++)
        cr_expect_eq(client_submit(&client, &publication), PUBLISH_UNREACHABLE);
    client_close(&client);
    cr_expect_lt(clock_now() - begin_at, CLOCK_SECOND);
    close(fd);
}

Test(mqtt_pool, uses_one_connection_for_one_key)
{
    struct fixture f;

    begin(&f, ANYBODY);
    f.settings.connections = 3;
    connect_client(&f);
    cr_expect_eq(client_counter(&f.client, PUBLISHER_CONNECTIONS_UP), 3);
    for (uint64_t key = 0; key < 30; key++) {
        struct publication publication = client_publication("a", "1", PATIENCE);

        publication.order_key = key;
        cr_assert_eq(client_submit(&f.client, &publication), PUBLISH_PENDING);
        cr_assert_eq(client_collect(&f.client, PATIENCE), &publication);
        cr_expect_eq(publication.result, PUBLISH_ACKNOWLEDGED);
    }
    finish(&f);
}
