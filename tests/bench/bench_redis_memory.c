/*
 * What Redis needs to remember exchanges: bench_redis_memory [exchanges]. Settles so many through a
 * session, with keys as long as those of IPv4 and of IPv6, in a Redis of its own, and prints by how
 * much its memory grew for each.
 */
#include "base/clock.h"
#include "base/log.h"
#include "storage/store.h"
#include "tests/unit/storage/redis_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define LIFE          (247 * CLOCK_SECOND)
#define MAX_IN_FLIGHT 4096

static void ignore(void *context)
{
}

static void ignore_address(void *context, const uint8_t ip[16])
{
}

static void ignore_device(void *context, const char *iccid)
{
}

static const struct store_observer observer = {NULL,          ignore, ignore, ignore_address,
                                               ignore_device, ignore, ignore};

static unsigned long long used_memory(struct redis_server *server)
{
    static const char name[] = "used_memory:";
    redisReply *reply = redis_server_ask(server, "INFO memory");
    unsigned long long bytes = strtoull(strstr(reply->str, name) + strlen(name), NULL, 10);

    freeReplyObject(reply);
    return bytes;
}

static uint64_t count_of(const struct store *store, enum store_counter counter)
{
    uint64_t sums[STORE_COUNTERS] = {0};

    store_count(store, sums);
    return sums[counter];
}

static void settle(struct store *store, struct store_session *session, uv_loop_t *loop,
                   uint8_t length, uint32_t exchanges)
{
    for (uint32_t i = 0; i < exchanges; i++) {
        struct store_exchange_key key = {.length = length};

        memset(key.bytes, 0xfd, sizeof(key.bytes));
        memcpy(key.bytes + length - sizeof(i), &i, sizeof(i));
        store_exchange_settle(session, &key, 0x44, i * 2654435761U, LIFE);
        if (i % 1000 < 999 && i + 1 < exchanges)
            continue;
        store_session_flush(session);
        while (count_of(store, STORE_IN_FLIGHT) > 0)
            uv_run(loop, UV_RUN_ONCE);
    }
}

static void measure(struct redis_server *server, struct store *store, struct store_session *session,
                    uv_loop_t *loop, uint8_t length, uint32_t exchanges)
{
    unsigned long long before, after;

    redis_server_do(server, "FLUSHALL SYNC");
    before = used_memory(server);
    settle(store, session, loop, length, exchanges);
    after = used_memory(server);
    printf("%2u bytes of key: %.1f bytes for each of %u exchanges; %llu lost\n", length,
           (double)(after - before) / exchanges, exchanges,
           (unsigned long long)count_of(store, STORE_OUTCOMES_LOST));
}

int main(int count, char **arguments)
{
    uint32_t exchanges = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 1000000;
    struct store_settings settings = {.username = "",
                                      .password = "",
                                      .prefix = "simgate:",
                                      .timeout = 10 * CLOCK_SECOND,
                                      .max_in_flight = MAX_IN_FLIGHT};
    struct log log = log_to_stderr(LOG_WARNING);
    struct store_session *session;
    struct redis_server server;
    struct store *store;
    uv_loop_t loop;
    char *error;

    if (!redis_server_start(&server, NULL) || uv_loop_init(&loop) != 0)
        return 1;
    settings.url = server.url;
    if (store_open(&store, &settings, &log, &error) != 0)
        return 1;
    session = store_session_open(store, &loop, &observer);
    while (store_state(store) != STORE_UP)
        uv_run(&loop, UV_RUN_ONCE);
    measure(&server, store, session, &loop, 8, exchanges);
    measure(&server, store, session, &loop, 20, exchanges);
    store_session_close(session);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    store_close(store);
    redis_server_stop(&server);
    return 0;
}
