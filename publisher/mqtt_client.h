/*
 * A libmosquitto client made from our settings, not connected yet. Internal to publisher/; any one
 * thread.
 */
#ifndef SIMGATE_PUBLISHER_MQTT_CLIENT_H
#define SIMGATE_PUBLISHER_MQTT_CLIENT_H

#include "publisher/mqtt_connection.h"

#include <mosquitto.h>

/* NULL when it cannot be made; `*error` is then a text for the user that the caller frees. */
struct mosquitto *mqtt_client_new(const struct mqtt_connection_settings *settings, void *context,
                                  char **error);

/* Whether a name stands for several addresses. Blocks for the look-up. */
bool mqtt_client_has_choice(const char *host);

#endif
