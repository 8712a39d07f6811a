/*
 * What shared exchanges cost a session: bench_redis_store [messages [URL]]. For each message an
 * exchange is reserved and, when that is answered, settled, as the gateway does; so many at once as
 * the table's first column says. Without a URL it starts a Redis of its own. Prints messages a
 * second and this process's CPU time for each.
 */
#include "base/clock.h"
#include "base/log.h"
#include "tests/unit/storage/redis_server.h"

#include "storage/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#define LIFE          (5 * CLOCK_SECOND)
#define OUTCOMES_LIFE (20 * CLOCK_SECOND)

struct bench {
    uv_loop_t loop;
    struct store *store;
    struct store_session *session;
    uint32_t outstanding; /* that may be open at once */
    uint32_t number;      /* of the next message, from one that no run before had */
    uint32_t open;
    uint32_t left; /* messages that were not begun */
    uint32_t failed;
};

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct store_exchange_key key_of(uint32_t number)
{
    struct store_exchange_key key = {.length = 8};

    memcpy(key.bytes, &number, sizeof(number));
    return key;
}

static void on_reserved(void *context, enum store_result result,
                        const struct store_exchange *exchange);

static void fill(struct bench *b)
{
    for (; b->open < b->outstanding && b->left > 0; b->left--, b->open++) {
        struct store_exchange_key key = key_of(b->number++);

        store_exchange_reserve(b->session, &key, 0x12345678, LIFE, on_reserved, b);
    }
}

/* Answers come in the order of the questions, so the number is known. */
static void on_reserved(void *context, enum store_result result,
                        const struct store_exchange *exchange)
{
    struct bench *b = context;
    struct store_exchange_key key = key_of(b->number - b->open);

    b->open--;
    if (result == STORE_OK && exchange->state == STORE_EXCHANGE_RESERVED)
        store_exchange_settle(b->session, &key, 0x44, 0x12345678, OUTCOMES_LIFE);
    else
        b->failed++;
}

static void on_begin(void *context)
{
}

static void on_end(void *context)
{
    struct bench *b = context;

    fill(b);
    store_session_flush(b->session);
    if (b->open == 0)
        uv_stop(&b->loop);
}

static void ignore_address(void *context, const uint8_t ip[16])
{
}

static void ignore_device(void *context, const char *iccid)
{
}

static void ignore_doubt(void *context)
{
}

static bool open_bench(struct bench *b, const struct store_settings *settings,
                       const struct log *log)
{
    const struct store_observer observer = {
        b, on_begin, on_end, ignore_address, ignore_device, ignore_doubt, ignore_doubt};
    char *error;

    if (uv_loop_init(&b->loop) != 0 || store_open(&b->store, settings, log, &error) != 0)
        return false;
    b->session = store_session_open(b->store, &b->loop, &observer);
    while (b->session && store_state(b->store) == STORE_STARTING)
        uv_run(&b->loop, UV_RUN_ONCE);
    return b->session != NULL;
}

static void close_bench(struct bench *b)
{
    store_session_close(b->session);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    uv_loop_close(&b->loop);
    store_close(b->store);
}

static void measure(struct bench *b, uint32_t outstanding, uint32_t messages)
{
    uint64_t begin = clock_now();
    double cpu = cpu_seconds(), seconds;

    b->outstanding = outstanding;
    b->left = messages;
    b->failed = 0;
    fill(b);
    store_session_flush(b->session);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    seconds = (double)(clock_now() - begin) / (double)CLOCK_SECOND;
    printf("%8u %12.0f %12.2f", outstanding, messages / seconds,
           (cpu_seconds() - cpu) / messages * 1e6);
    printf(b->failed ? "  %u failed\n" : "\n", b->failed);
}

int main(int count, char **arguments)
{
    static const uint32_t outstanding[] = {1, 16, 64, 256, 1024};
    uint32_t messages = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 300000;
    struct store_settings settings = {.username = "",
                                      .password = "",
                                      .prefix = "simgate:",
                                      .timeout = 10 * CLOCK_SECOND,
                                      .max_in_flight = 16384};
    struct log log = log_to_stderr(LOG_WARNING);
    struct redis_server server = {0};
    struct bench bench = {.number = (uint32_t)clock_wall_ms() << 10};

    if (count <= 2 && !redis_server_start(&server, NULL))
        return 1;
    settings.url = count > 2 ? arguments[2] : server.url;
    if (!open_bench(&bench, &settings, &log))
        return 1;
    printf("%8s %12s %12s\n", "open", "messages/s", "CPU us each");
    for (size_t i = 0; i < sizeof(outstanding) / sizeof(*outstanding); i++)
        measure(&bench, outstanding[i], outstanding[i] == 1 ? messages / 10 : messages);
    close_bench(&bench);
    if (count <= 2)
        redis_server_stop(&server);
    return 0;
}
