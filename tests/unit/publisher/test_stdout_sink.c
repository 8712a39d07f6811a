#include "tests/unit/publisher/client.h"

#include <criterion/criterion.h>
#include <unistd.h>

/* Standard output becomes a pipe. Returns the end to read from. */
static int capture_stdout(void)
{
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    return ends[0];
}

Test(stdout_sink, writes_topic_and_payload_and_then_acknowledges)
{
    struct publisher_settings settings = client_settings("stdout:");
    struct publication first = client_publication("a/b", "{\"x\":1}", CLOCK_SECOND);
    struct publication second = client_publication("c", "", CLOCK_SECOND);
    struct client client;
    char text[64] = "";
    int reader = capture_stdout();

    client_open(&client, &settings, 1);
    cr_assert(client_wait_ready(&client, true, CLOCK_SECOND));
    cr_assert_eq(client_submit(&client, &first), PUBLISH_PENDING);
    cr_assert_eq(client_submit(&client, &second), PUBLISH_PENDING);
    cr_assert_eq(client_collect(&client, CLOCK_SECOND), &first);
    cr_assert_eq(client_collect(&client, CLOCK_SECOND), &second);
    cr_expect_eq(first.result, PUBLISH_ACKNOWLEDGED);
    cr_expect_eq(second.result, PUBLISH_ACKNOWLEDGED);
    cr_assert_gt(read(reader, text, sizeof(text) - 1), 0);
    cr_expect_str_eq(text, "a/b {\"x\":1}\nc \n");
    client_close(&client);
}

Test(stdout_sink, is_unreachable_when_nobody_reads)
{
    struct publisher_settings settings = client_settings("stdout:");
    struct publication publication = client_publication("t", "x", CLOCK_SECOND);
    struct client client;

    close(capture_stdout());
    client_open(&client, &settings, 1);
    client.log.level = LOG_ERROR;
    cr_assert(client_wait_ready(&client, true, CLOCK_SECOND));
    cr_assert_eq(client_submit(&client, &publication), PUBLISH_PENDING);
    cr_assert_eq(client_collect(&client, CLOCK_SECOND), &publication);
    cr_expect_eq(publication.result, PUBLISH_UNREACHABLE);
    cr_expect_eq(client_submit(&client, &publication), PUBLISH_UNREACHABLE);
    client_close(&client);
}

Test(stdout_sink, does_not_wait_for_a_full_pipe)
{
    struct publisher_settings settings = client_settings("stdout:");
    static char payload[1 << 20];
    struct publication publication;
    struct client client;
    uint64_t begin;

    capture_stdout();
    memset(payload, 'x', sizeof(payload) - 1);
    publication = client_publication("t", payload, CLOCK_SECOND);
    client_open(&client, &settings, 1);
    cr_assert(client_wait_ready(&client, true, CLOCK_SECOND));
    cr_assert_eq(client_submit(&client, &publication), PUBLISH_PENDING);
    cr_expect_null(client_collect(&client, 100 * CLOCK_MILLISECOND));
    begin = clock_now();
    publisher_stop(client.publisher, 100 * CLOCK_MILLISECOND);
    cr_expect_lt(clock_now() - begin, CLOCK_SECOND);
    cr_assert_eq(publisher_collect(client.lane), &publication);
    cr_expect_eq(publication.result, PUBLISH_UNANSWERED);
    publisher_close(client.publisher);
}
