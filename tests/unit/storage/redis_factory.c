#include "tests/unit/storage/redis_factory.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define PIPELINE 1000 /* devices */

static bool drain(struct redis_server *r, size_t replies)
{
    void *reply = NULL;
    bool right = true;

    for (; replies > 0; replies--) {
        if (redisGetReply(r->connection, &reply) != REDIS_OK)
            return false;
        right = right && ((redisReply *)reply)->type != REDIS_REPLY_ERROR;
        freeReplyObject(reply);
    }
    return right;
}

static void append(struct redis_server *r, const struct conformance_device *d)
{
    const struct device *device = &d->device;

    redisAppendCommand(r->connection,
                       "HSET simgate:dev:{%s} status %s imsi %s location_allowed %s template %s",
                       device->iccid, device->active ? "active" : "inactive", device->imsi,
                       device->location_allowed ? "true" : "false", d->template ? d->template : "");
    redisAppendCommand(r->connection, "SET simgate:addr:%s %s", d->address, device->iccid);
}

bool redis_factory_fill(struct redis_server *r, const struct conformance_device *devices,
                        size_t count)
{
    for (size_t i = 0; i < count; i += PIPELINE) {
        size_t end = i + PIPELINE < count ? i + PIPELINE : count;

        for (size_t j = i; j < end; j++)
            append(r, &devices[j]);
        if (!drain(r, 2 * (end - i)))
            return false;
    }
    return true;
}

/* Of the process. */
static struct redis_server server;
static struct log factory_log;

static struct store *open_redis(const struct conformance_device *devices, size_t count)
{
    struct store_settings settings = {.username = "",
                                      .password = "",
                                      .prefix = "simgate:",
                                      .timeout = 5 * CLOCK_SECOND,
                                      .max_in_flight = 1024};
    struct store *store = NULL;
    char *error = NULL;

    factory_log = log_to_stderr(LOG_WARNING);
    if (!server.pid && !redis_server_start(&server, NULL))
        return NULL;
    if (!redis_server_do(&server, "FLUSHALL") || !redis_factory_fill(&server, devices, count))
        return NULL;
    settings.url = server.url;
    if (store_open(&store, &settings, &factory_log, &error) != 0)
        fprintf(stderr, "%s\n", error);
    free(error);
    return store;
}

static bool put_template(struct store *store, const char *name, const char *text, size_t length)
{
    return text ? redis_server_do(&server, "SET simgate:template:%s %b", name, text, length)
                : redis_server_do(&server, "DEL simgate:template:%s", name);
}

static bool activate(struct store *store, const char *name)
{
    return name ? redis_server_do(&server, "SET simgate:active_template %s", name)
                : redis_server_do(&server, "DEL simgate:active_template");
}

const struct store_factory redis_factory = {
    .open = open_redis, .put_template = put_template, .activate = activate};
