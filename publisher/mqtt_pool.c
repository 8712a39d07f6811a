#include "publisher/mqtt_pool.h"

#include "base/random.h"
#include "publisher/mqtt_connection.h"

#include <errno.h>
#include <stdio.h>

#define KEEPALIVE_MIN 5 /* libmosquitto's */
#define KEEPALIVE_MAX 65535

static int refuse(char **error, const char *what, const char *problem)
{
    return asprintf(error, "%s: %s", what, problem) < 0 ? -ENOMEM : -EINVAL;
}

static int check(struct mqtt_url *url, const struct publisher_settings *settings, char **error)
{
    const char *problem = mqtt_url_parse(url, settings->url);

    if (problem)
        return refuse(error, settings->url, problem);
    if (settings->keepalive < KEEPALIVE_MIN || settings->keepalive > KEEPALIVE_MAX)
        return refuse(error, "keepalive", "it must be 5 to 65535 seconds");
    return 0;
}

int mqtt_pool_open(struct sink **sinks, uint32_t *count, const struct publisher_settings *settings,
                   const struct sink_settings *common, char **error)
{
    struct mqtt_connection_settings connection = {.publisher = settings};
    struct random_source random;
    int result = check(&connection.url, settings, error);

    *count = 0;
    if (!result)
        result = random_source_init(&random);
    if (!result)
        connection.process = random_next(&random);
    while (!result && *count < settings->connections) {
        connection.number = *count;
        result = mqtt_connection_open(&sinks[*count], &connection, common, error);
        if (!result)
            ++*count;
    }
    return result;
}
