/*
 * The publications that one connection has handed to libmosquitto and that the broker has not
 * acknowledged yet, found by their packet identifier. Internal to publisher/; the connection's
 * thread.
 *
 * libmosquitto copies what it is given and sends it again, with DUP, after a reconnection until the
 * PUBACK comes. It walks through all that is in flight at each publication and each PUBACK, hence
 * the limit.
 */
#ifndef SIMGATE_PUBLISHER_MQTT_FLIGHT_H
#define SIMGATE_PUBLISHER_MQTT_FLIGHT_H

#include "publisher/sink.h"

#include <mosquitto.h>

#define MQTT_FLIGHT_MAX 256

struct mqtt_flight {
    struct sink *sink;
    struct mosquitto *client;
    struct publication **by_id; /* 65536 of them, NULL where the identifier is free */
    uint32_t count;
    uint32_t limit;          /* the broker's Receive Maximum, but at most MQTT_FLIGHT_MAX */
    uint32_t maximum_packet; /* bytes, the broker's; 0: no limit */
    uint16_t last_id;        /* libmosquitto's, which counts up from 1 and skips 0 */
    bool stalled;            /* may not send though it may have something to send */
};

/* Returns 0 or -ENOMEM. */
int mqtt_flight_init(struct mqtt_flight *flight, struct sink *sink, struct mosquitto *client);

void mqtt_flight_deinit(struct mqtt_flight *flight);

/* Takes over what the broker said in its CONNACK (MQTT 5 §3.2.2.3). */
void mqtt_flight_connected(struct mqtt_flight *flight, const mosquitto_property *connack);

/* Sends what waits in the sink's rings, as far as the broker lets us. Returns 0, or libmosquitto's
 * error when the connection broke; that publication is then in flight like the ones before. */
int mqtt_flight_send(struct mqtt_flight *flight, uint64_t now);

/* A PUBACK. One for an unknown identifier is ignored. */
void mqtt_flight_acknowledge(struct mqtt_flight *flight, int id, int reason);

/* Gives back all that is in flight as unanswered. */
void mqtt_flight_surrender(struct mqtt_flight *flight);

/* The size of the PUBLISH packet of a publication (MQTT 5 §3.3), in bytes. */
uint32_t mqtt_packet_size(const struct publication *publication);

#endif
