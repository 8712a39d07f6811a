/* How a session finds its Redis, loses it and finds it again. */
#include "tests/unit/storage/redis_scene.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHORT (200 * CLOCK_MILLISECOND)

/* What a loss means to the owner, whichever connection it was; and that it is found again. */
static void expect_loss_and_return(struct redis_scene *s, enum store_result result,
                                   const struct answer *asked)
{
    AWAIT(s, asked->calls == 1);
    cr_expect_eq(asked->result, result);
    cr_expect_eq(s->client.doubts, 1);
    cr_expect_eq(store_state(s->store), STORE_DOWN);
    cr_expect_eq(client_find(&s->client, "10.0.0.1").result, STORE_UNREACHABLE);
    AWAIT(s, store_state(s->store) == STORE_UP);
    cr_expect_eq(s->client.doubts, 1);
    cr_expect_eq(client_find(&s->client, "10.0.0.1").result, STORE_OK);
}

static void expect_return_after_kill(const char *command)
{
    struct answer answer = {0};
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    client_ask(&s.client, "10.0.0.1", &answer);
    cr_assert(redis_server_do(&s.server, command));
    uv_run(&s.client.loop, UV_RUN_ONCE); /* it ends before the question is sent */
    expect_loss_and_return(&s, STORE_UNREACHABLE, &answer);
    cr_expect_eq(redis_scene_count(&s, STORE_CONNECTS), 2);
    cr_expect_eq(redis_scene_count(&s, STORE_DISCONNECTS), 1);
    cr_expect_eq(redis_scene_count(&s, STORE_SESSIONS_UP), 1);
    cr_expect_eq(redis_scene_count(&s, STORE_ERRORS_UNREACHABLE), 2);
    cr_expect_eq(redis_scene_count(&s, STORE_IN_FLIGHT), 0);
    redis_scene_close(&s);
}

Test(redis_connection, comes_back_after_its_questions_connection_was_killed)
{
    expect_return_after_kill("CLIENT KILL TYPE normal");
}

Test(redis_connection, comes_back_after_its_subscriber_was_killed)
{
    expect_return_after_kill("CLIENT KILL TYPE pubsub");
}

/* The write fails within the flush, which then answers. */
Test(redis_connection, loss_within_a_flush)
{
    struct answer answer = {0};
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    redis_scene_open(&s);
    client_ask(&s.client, "10.0.0.1", &answer);
    cr_assert(redis_server_do(&s.server, "CLIENT KILL TYPE normal"));
    s.client.in_call = true;
    store_session_flush(s.client.session);
    s.client.in_call = false;
    cr_expect_eq(answer.calls, 1);
    expect_loss_and_return(&s, STORE_UNREACHABLE, &answer);
    redis_scene_close(&s);
}

static void stop_server(const struct redis_scene *s)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    char path[32], state = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", s->server.pid);
    kill(s->server.pid, SIGSTOP);
    while (state != 'T') { /* a signal takes its time */
        FILE *file = fopen(path, "r");

        cr_assert_eq(fscanf(file, "%*d %*s %c", &state), 1);
        fclose(file);
        nanosleep(&pause, NULL);
    }
}

Test(redis_connection, stopped_server)
{
    struct answer answer = {0};
    struct redis_scene s;
    uint64_t asked;

    redis_scene_start(&s, NULL);
    s.settings.timeout = SHORT;
    redis_scene_open(&s);
    stop_server(&s);
    asked = clock_now();
    client_ask(&s.client, "10.0.0.1", &answer);
    AWAIT(&s, answer.calls == 1);
    cr_expect(clock_now() - asked >= SHORT);
    cr_expect(clock_now() - asked < 3 * SHORT, "%llu ms",
              (unsigned long long)(clock_now() - asked) / 1000000);
    cr_expect_eq(redis_scene_count(&s, STORE_ERRORS_TIMED_OUT), 1);
    kill(s.server.pid, SIGCONT);
    expect_loss_and_return(&s, STORE_TIMED_OUT, &answer);
    redis_scene_close(&s);
}

/* Without a question to time out: probes find it. */
Test(redis_connection, stopped_server_while_idle)
{
    struct redis_scene s;
    uint64_t stopped;

    redis_scene_start(&s, NULL);
    s.settings.timeout = SHORT;
    redis_scene_open(&s);
    stop_server(&s);
    stopped = clock_now();
    AWAIT(&s, s.client.doubts == 1);
    cr_expect(clock_now() - stopped < 3 * SHORT, "%llu ms",
              (unsigned long long)(clock_now() - stopped) / 1000000);
    cr_expect_eq(store_state(s.store), STORE_DOWN);
    cr_expect(redis_scene_logged(&s, "no answer in time"));
    kill(s.server.pid, SIGCONT);
    AWAIT(&s, store_state(s.store) == STORE_UP);
    redis_scene_close(&s);
}

Test(redis_connection, idle_connection_stays)
{
    struct redis_scene s;
    uint64_t until;

    redis_scene_start(&s, NULL);
    s.settings.timeout = 50 * CLOCK_MILLISECOND;
    redis_scene_open(&s);
    for (until = clock_now() + 10 * s.settings.timeout; clock_now() < until;)
        redis_scene_turn(&s);
    cr_expect_eq(s.client.doubts, 0);
    cr_expect_eq(redis_scene_count(&s, STORE_CONNECTS), 1);
    redis_scene_close(&s);
}

/* When this process did not run, the answer waits in the socket and is not late. */
Test(redis_connection, owner_that_was_away)
{
    const struct timespec away = {.tv_nsec = 3 * SHORT};
    struct answer answer = {0};
    struct redis_scene s;

    redis_scene_start(&s, NULL);
    s.settings.timeout = SHORT;
    redis_scene_open(&s);
    client_ask(&s.client, "10.0.0.1", &answer);
    s.client.in_call = true;
    store_session_flush(s.client.session);
    s.client.in_call = false;
    nanosleep(&away, NULL);
    AWAIT(&s, answer.calls == 1);
    cr_expect_eq(answer.result, STORE_OK);
    cr_expect_eq(s.client.doubts, 0);
    redis_scene_close(&s);
}

Test(redis_connection, server_that_comes_later)
{
    struct redis_scene s;
    char away[100];

    redis_scene_start(&s, NULL);
    snprintf(away, sizeof(away), "%s-away", s.server.socket);
    cr_assert_eq(rename(s.server.socket, away), 0);
    cr_assert_eq(store_open(&s.store, &s.settings, &s.log, &(char *){NULL}), 0);
    cr_assert(client_begin(&s.client, s.store));
    cr_expect_eq(client_find(&s.client, "10.0.0.1").result, STORE_UNREACHABLE);
    AWAIT(&s, redis_scene_logged(&s, "No such file"));
    cr_expect_eq(store_state(s.store), STORE_STARTING);
    cr_assert_eq(rename(away, s.server.socket), 0);
    AWAIT(&s, store_state(s.store) == STORE_UP);
    AWAIT(&s, redis_scene_logged(&s, "connected"));
    redis_scene_close(&s);
}
