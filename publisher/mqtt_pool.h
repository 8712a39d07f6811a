/*
 * The pool of connections to one broker. Internal to publisher/; main thread.
 */
#ifndef SIMGATE_PUBLISHER_MQTT_POOL_H
#define SIMGATE_PUBLISHER_MQTT_POOL_H

#include "publisher/sink.h"

/* Opens `settings->connections` sinks. `*count` is how many there are, also after an error. Errors
 * as in publisher_open(). */
int mqtt_pool_open(struct sink **sinks, uint32_t *count, const struct publisher_settings *settings,
                   const struct sink_settings *common, char **error);

#endif
