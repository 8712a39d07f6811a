#include "publisher/mqtt_flight.h"

#include "base/pages.h"

#include <errno.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define IDENTIFIERS 65536

int mqtt_flight_init(struct mqtt_flight *flight, struct sink *sink, struct mosquitto *client)
{
    *flight = (struct mqtt_flight){
        .sink = sink,
        .client = client,
        .by_id = pages_map(IDENTIFIERS * sizeof(struct publication *)),
    };
    return flight->by_id ? 0 : -ENOMEM;
}

void mqtt_flight_deinit(struct mqtt_flight *flight)
{
    if (flight->by_id)
        pages_unmap(flight->by_id, IDENTIFIERS * sizeof(struct publication *));
    flight->by_id = NULL;
}

void mqtt_flight_connected(struct mqtt_flight *flight, const mosquitto_property *connack)
{
    uint16_t receive_maximum;

    flight->limit = MQTT_FLIGHT_MAX;
    if (mosquitto_property_read_int16(connack, MQTT_PROP_RECEIVE_MAXIMUM, &receive_maximum,
                                      false) &&
        receive_maximum < MQTT_FLIGHT_MAX)
        flight->limit = receive_maximum;
    /* libmosquitto keeps an old one when a new CONNACK has none, and so do we: see is_too_large()
     */
    mosquitto_property_read_int32(connack, MQTT_PROP_MAXIMUM_PACKET_SIZE, &flight->maximum_packet,
                                  false);
}

/* Bytes of a Variable Byte Integer (MQTT 5 §1.5.5). */
static uint32_t varint_size(uint32_t value)
{
    return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : 4;
}

uint32_t mqtt_packet_size(const struct publication *publication)
{
    uint32_t properties = 0, remaining;

    for (uint32_t i = 0; i < publication->property_count; i++)
        properties += 1 + 2 + (uint32_t)strlen(publication->properties[i].name) + 2 +
                      (uint32_t)strlen(publication->properties[i].value);
    remaining = 2 + (uint32_t)strlen(publication->topic) + 2 + varint_size(properties) +
                properties + publication->payload_length;
    return 1 + varint_size(remaining) + remaining;
}

static int make_properties(mosquitto_property **list, const struct publication *publication)
{
    int error = MOSQ_ERR_SUCCESS;

    for (uint32_t i = 0; !error && i < publication->property_count; i++)
        error = mosquitto_property_add_string_pair(list, MQTT_PROP_USER_PROPERTY,
                                                   publication->properties[i].name,
                                                   publication->properties[i].value);
    return error;
}

/* libmosquitto's own check counts a few bytes less, and what it refuses after that stays in its
 * list for good. So it must never get anything that is too large. */
static bool is_too_large(const struct mqtt_flight *flight, const struct publication *publication)
{
    return publication->payload_length > MQTT_MAX_PAYLOAD ||
           (flight->maximum_packet && mqtt_packet_size(publication) > flight->maximum_packet);
}

static int hand_to_client(struct mqtt_flight *flight, struct publication *publication, int *id)
{
    mosquitto_property *properties = NULL;
    int error = is_too_large(flight, publication) ? MOSQ_ERR_OVERSIZE_PACKET
                                                  : make_properties(&properties, publication);

    if (!error)
        error = mosquitto_publish_v5(flight->client, id, publication->topic,
                                     (int)publication->payload_length, publication->payload, 1,
                                     false, properties);
    mosquitto_property_free_all(&properties);
    return error;
}

/* Whether libmosquitto put the message in its list, so that the broker gets it now or later. */
static bool is_in_flight(int error)
{
    return error == MOSQ_ERR_SUCCESS || error == MOSQ_ERR_CONN_LOST || error == MOSQ_ERR_ERRNO ||
           error == MOSQ_ERR_NO_CONN;
}

static int send_one(struct mqtt_flight *flight, struct publication *publication)
{
    int id = 0;
    int error = hand_to_client(flight, publication, &id);

    if (id)
        flight->last_id = (uint16_t)id;
    if (!is_in_flight(error)) {
        sink_return(flight->sink, publication, PUBLISH_REFUSED);
        return MOSQ_ERR_SUCCESS;
    }
    flight->by_id[id] = publication;
    flight->count++;
    return error;
}

/* libmosquitto does not look whether its next identifier is still in use. */
static bool next_id_is_free(const struct mqtt_flight *flight)
{
    uint16_t next = (uint16_t)(flight->last_id + 1);

    return !flight->by_id[next ? next : 1];
}

/* libmosquitto writes each packet by itself. Corked, they leave in full segments, which are most of
 * what a publication costs us and the broker. */
static void cork(const struct mqtt_flight *flight, int corked)
{
    setsockopt(mosquitto_socket(flight->client), IPPROTO_TCP, TCP_CORK, &corked, sizeof(corked));
}

int mqtt_flight_send(struct mqtt_flight *flight, uint64_t now)
{
    struct publication *publication = NULL;
    int error = MOSQ_ERR_SUCCESS;
    uint32_t sent = 0;
    bool may_send;

    while ((may_send = flight->count < flight->limit && next_id_is_free(flight)) && !error &&
           (publication = sink_next(flight->sink))) {
        if (publication->deadline <= now) {
            sink_return(flight->sink, publication, PUBLISH_WITHDRAWN);
            continue;
        }
        if (++sent == 2) /* the first one, which may be the only one, has left already */
            cork(flight, 1);
        error = send_one(flight, publication);
    }
    if (sent >= 2)
        cork(flight, 0);
    flight->stalled = !may_send;
    counter_set(&flight->sink->counters[PUBLISHER_OUTSTANDING], flight->count);
    return error;
}

static enum publish_result result_of(int reason)
{
    switch (reason) {
    case MQTT_RC_SUCCESS:
    case MQTT_RC_NO_MATCHING_SUBSCRIBERS:
        return PUBLISH_ACKNOWLEDGED;
    case MQTT_RC_NOT_AUTHORIZED:
        return PUBLISH_NOT_AUTHORIZED;
    case MQTT_RC_QUOTA_EXCEEDED:
        return PUBLISH_QUOTA_EXCEEDED;
    default:
        return PUBLISH_REFUSED;
    }
}

static void land(struct mqtt_flight *flight, uint16_t id, enum publish_result result)
{
    struct publication *publication = flight->by_id[id];

    if (!publication)
        return;
    flight->by_id[id] = NULL;
    flight->count--;
    sink_return(flight->sink, publication, result);
}

void mqtt_flight_acknowledge(struct mqtt_flight *flight, int id, int reason)
{
    land(flight, (uint16_t)id, result_of(reason));
}

void mqtt_flight_surrender(struct mqtt_flight *flight)
{
    for (uint32_t id = 0; flight->count && id < IDENTIFIERS; id++)
        land(flight, (uint16_t)id, PUBLISH_UNANSWERED);
    counter_set(&flight->sink->counters[PUBLISHER_OUTSTANDING], 0);
}
