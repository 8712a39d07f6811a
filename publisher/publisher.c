#include "publisher/publisher.h"

#include "base/clock.h"
#include "publisher/lane.h"
#include "publisher/mqtt_pool.h"
#include "publisher/stdout_sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 64

struct publisher {
    struct sink *sinks[CONNECTIONS_MAX];
    uint32_t sink_count; /* none with null:, whose lanes acknowledge at once */
    struct publisher_lane *lanes;
    unsigned lane_count;
};

#define RESULT(text) "simgate_publications_total", "result=\"" text "\""

const struct counter_description publisher_counters[PUBLISHER_COUNTERS] = {
    [PUBLISHER_ACKNOWLEDGED] = {RESULT("acknowledged"), "Publications, by what became of them.",
                                COUNTER_TOTAL},
    [PUBLISHER_NOT_AUTHORIZED] = {RESULT("not_authorized"), NULL, COUNTER_TOTAL},
    [PUBLISHER_QUOTA_EXCEEDED] = {RESULT("quota_exceeded"), NULL, COUNTER_TOTAL},
    [PUBLISHER_REFUSED] = {RESULT("refused"), NULL, COUNTER_TOTAL},
    [PUBLISHER_UNREACHABLE] = {RESULT("unreachable"), NULL, COUNTER_TOTAL},
    [PUBLISHER_WITHDRAWN] = {RESULT("withdrawn"), NULL, COUNTER_TOTAL},
    [PUBLISHER_OVERLOADED] = {RESULT("overloaded"), NULL, COUNTER_TOTAL},
    [PUBLISHER_UNANSWERED] = {RESULT("unanswered"), NULL, COUNTER_TOTAL},
    [PUBLISHER_CONNECTS] = {"simgate_broker_connects_total", "",
                            "Connections that the broker accepted.", COUNTER_TOTAL},
    [PUBLISHER_DISCONNECTS] = {"simgate_broker_disconnects_total", "",
                               "Connections to the broker that were lost.", COUNTER_TOTAL},
    [PUBLISHER_CONNECTIONS_UP] = {"simgate_broker_connections", "",
                                  "Connections to the broker that are up.", COUNTER_GAUGE},
    [PUBLISHER_QUEUED] = {"simgate_publications_queued", "", "Publications that wait to be sent.",
                          COUNTER_GAUGE},
    [PUBLISHER_OUTSTANDING] = {"simgate_publications_outstanding", "",
                               "Publications that the broker has not acknowledged yet.",
                               COUNTER_GAUGE},
};

/* Results and their counters are one numbering. */
_Static_assert((int)PUBLISHER_UNANSWERED == (int)PUBLISH_UNANSWERED &&
                   (int)PUBLISHER_OVERLOADED == (int)PUBLISH_OVERLOADED &&
                   (int)PUBLISHER_WITHDRAWN == (int)PUBLISH_WITHDRAWN,
               "enum publisher_counter begins with the results");

static int refuse(char **error, const char *text)
{
    *error = strdup(text);
    return *error ? -EINVAL : -ENOMEM;
}

static int open_sinks(struct publisher *publisher, const struct publisher_settings *settings,
                      const struct sink_settings *common, char **error)
{
    if (!settings->url || settings->connections < 1 || settings->connections > CONNECTIONS_MAX)
        return refuse(error, "a publisher needs a URL and 1 to 64 connections");
    if (settings->queue < 1 || settings->queue > INT32_MAX)
        return refuse(error, "the publisher's queue is empty or too large");
    if (strcmp(settings->url, "null:") == 0)
        return 0;
    if (strcmp(settings->url, "stdout:") == 0) {
        int result = stdout_sink_open(&publisher->sinks[0], common);

        publisher->sink_count = result == 0;
        return result;
    }
    return mqtt_pool_open(publisher->sinks, &publisher->sink_count, settings, common, error);
}

static int open_lanes(struct publisher *publisher, unsigned lanes)
{
    publisher->lanes = aligned_alloc(RING_CACHE_LINE, lanes * sizeof(*publisher->lanes));
    if (!publisher->lanes)
        return -ENOMEM;
    for (unsigned i = 0; i < lanes; i++)
        lane_init(&publisher->lanes[i], i, publisher->sinks, publisher->sink_count);
    publisher->lane_count = lanes;
    return 0;
}

static int start_sinks(struct publisher *publisher)
{
    int result = 0;

    for (uint32_t i = 0; !result && i < publisher->sink_count; i++)
        result = sink_start(publisher->sinks[i]);
    return result;
}

int publisher_open(struct publisher **publisher, const struct publisher_settings *settings,
                   unsigned lanes, publisher_wake_fn *wake, void *context, const struct log *log,
                   char **error)
{
    struct sink_settings common = {.log = log,
                                   .lanes = lanes,
                                   .queue = settings->queue,
                                   .wake = wake,
                                   .wake_context = context};
    struct publisher *p = calloc(1, sizeof(*p));
    int result = -ENOMEM;

    *error = NULL;
    if (p)
        result = lanes > 0 ? open_sinks(p, settings, &common, error) : -EINVAL;
    if (!result)
        result = open_lanes(p, lanes);
    if (!result)
        result = start_sinks(p);
    if (!result) {
        *publisher = p;
        return 0;
    }
    publisher_stop(p, 0);
    publisher_close(p);
    if (!*error)
        *error = strdup(strerror(-result));
    return result;
}

void publisher_stop(struct publisher *publisher, uint64_t timeout)
{
    uint64_t deadline = clock_now() + timeout;

    for (uint32_t i = 0; publisher && i < publisher->sink_count; i++)
        sink_ask_to_end(publisher->sinks[i]);
    for (uint32_t i = 0; publisher && i < publisher->sink_count; i++)
        sink_join(publisher->sinks[i], deadline);
}

void publisher_close(struct publisher *publisher)
{
    if (!publisher)
        return;
    for (uint32_t i = 0; i < publisher->sink_count; i++)
        publisher->sinks[i]->ops->close(publisher->sinks[i]);
    free(publisher->lanes);
    free(publisher);
}

bool publisher_ready(const struct publisher *publisher)
{
    for (uint32_t i = 0; i < publisher->sink_count; i++)
        if (!atomic_load_explicit(&publisher->sinks[i]->up, memory_order_relaxed))
            return false;
    return true;
}

struct publisher_lane *publisher_lane(struct publisher *publisher, unsigned index)
{
    return &publisher->lanes[index];
}

static void count_sink(const struct sink *sink, uint64_t sums[PUBLISHER_COUNTERS])
{
    for (int i = 0; i < PUBLISHER_COUNTERS; i++)
        sums[i] += counter_read(&sink->counters[i]);
    for (unsigned i = 0; i < sink->settings.lanes; i++)
        sums[PUBLISHER_QUEUED] += ring_depth(&sink->channels[i].out);
}

void publisher_count(const struct publisher *publisher, uint64_t sums[PUBLISHER_COUNTERS])
{
    for (uint32_t i = 0; i < publisher->sink_count; i++)
        count_sink(publisher->sinks[i], sums);
    for (unsigned i = 0; i < publisher->lane_count; i++)
        for (int j = 0; j < PUBLISHER_COUNTERS; j++)
            sums[j] += counter_read(&publisher->lanes[i].counters[j]);
}
