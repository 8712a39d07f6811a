/*
 * One connection to an MQTT 5 broker on a thread of its own: connects, connects again with growing
 * delays, and publishes what the lanes submit. Internal to publisher/; opened by the main thread,
 * afterwards used through its sink.
 */
#ifndef SIMGATE_PUBLISHER_MQTT_CONNECTION_H
#define SIMGATE_PUBLISHER_MQTT_CONNECTION_H

#include "publisher/mqtt_url.h"
#include "publisher/sink.h"

struct mqtt_connection_settings {
    const struct publisher_settings *publisher; /* borrowed while it is opened */
    struct mqtt_url url;
    uint64_t process; /* random: client ids of two gateways must differ */
    uint32_t number;  /* of this connection, counted from 0 */
};

/* Does not start it: that is sink_start(). `*error` is a text for the user that the caller frees,
 * when the result is not 0. Errors: -EINVAL, -ENOMEM, -errno. */
int mqtt_connection_open(struct sink **sink, const struct mqtt_connection_settings *settings,
                         const struct sink_settings *common, char **error);

#endif
