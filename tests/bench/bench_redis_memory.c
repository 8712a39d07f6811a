/*
 * What Redis needs to remember exchanges and locations: bench_redis_memory [of each]. Writes so
 * many through a session, exchanges with keys as long as those of IPv4 and of IPv6, into a Redis of
 * its own, and prints by how much its memory grew for each.
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

static void settle(struct store_session *session, uint8_t length, uint32_t i)
{
    struct store_exchange_key key = {.length = length};

    memset(key.bytes, 0xfd, sizeof(key.bytes));
    memcpy(key.bytes + length - sizeof(i), &i, sizeof(i));
    store_exchange_settle(session, &key, 0x44, i * 2654435761U, LIFE);
}

static void add_ipv4(struct store_session *session, uint32_t i)
{
    settle(session, 8, i);
}

static void add_ipv6(struct store_session *session, uint32_t i)
{
    settle(session, 20, i);
}

static void add_location(struct store_session *session, uint32_t i)
{
    struct location location = {.latitude = "52.520008", .source = "GPS"};
    char iccid[DEVICE_ICCID_MAX + 1];

    snprintf(iccid, sizeof(iccid), "8988280666%09u", i);
    snprintf(location.longitude, sizeof(location.longitude), "13.%06u", i % 1000000);
    snprintf(location.sample_time, sizeof(location.sample_time), "%u", 1700000000 + i);
    store_location_set(session, iccid, &location);
}

static const struct kind {
    const char *name;
    void (*add)(struct store_session *session, uint32_t i);
} kinds[] = {
    {"exchanges by IPv4", add_ipv4}, {"exchanges by IPv6", add_ipv6}, {"locations", add_location}};

static void fill(const struct kind *kind, struct store *store, struct store_session *session,
                 uv_loop_t *loop, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        kind->add(session, i);
        if (i % 1000 < 999 && i + 1 < count)
            continue;
        store_session_flush(session);
        while (count_of(store, STORE_IN_FLIGHT) > 0)
            uv_run(loop, UV_RUN_ONCE);
    }
}

static void measure(const struct kind *kind, struct redis_server *server, struct store *store,
                    struct store_session *session, uv_loop_t *loop, uint32_t count)
{
    unsigned long long before, after;

    redis_server_do(server, "FLUSHALL SYNC");
    before = used_memory(server);
    fill(kind, store, session, loop, count);
    after = used_memory(server);
    printf("%s: %.1f bytes for each of %u; %llu lost\n", kind->name,
           (double)(after - before) / count, count,
           (unsigned long long)(count_of(store, STORE_OUTCOMES_LOST) +
                                count_of(store, STORE_ERRORS_REFUSED)));
}

int main(int count, char **arguments)
{
    uint32_t each = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 1000000;
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
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        measure(&kinds[i], &server, store, session, &loop, each);
    store_session_close(session);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    store_close(store);
    redis_server_stop(&server);
    return 0;
}
