/*
 * The bare publisher that the gateway with a broker is compared with: libmosquitto driven by one
 * thread's own loop, QoS 1 over MQTT 5, as many in flight as cost it least.
 *
 *     bare_publisher HOST PORT SECONDS BYTES
 *
 * Prints a JSON object: publications that were acknowledged, the seconds that took, and this
 * process's CPU time.
 */
#include "base/clock.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define IN_FLIGHT 256 /* each PUBACK scans libmosquitto's list, so more are slower */
#define TOPIC     "8988280666000002864/load"
#define PATIENCE  (10 * CLOCK_SECOND)

struct bench {
    struct mosquitto *client;
    void *payload;
    int payload_length;
    bool connected;
    unsigned in_flight;
    unsigned long acknowledged;
};

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void on_connack(struct mosquitto *client, void *context, int reason, int flags,
                       const mosquitto_property *properties)
{
    ((struct bench *)context)->connected = reason == 0;
}

static void on_puback(struct mosquitto *client, void *context, int id, int reason,
                      const mosquitto_property *properties)
{
    struct bench *b = context;

    b->in_flight--;
    b->acknowledged++;
}

static bool step(struct bench *b)
{
    struct pollfd ready = {.fd = mosquitto_socket(b->client),
                           .events =
                               (short)(POLLIN | (mosquitto_want_write(b->client) ? POLLOUT : 0))};

    if (poll(&ready, 1, 1000) < 0)
        return false;
    if (ready.revents & POLLIN && mosquitto_loop_read(b->client, 1) != MOSQ_ERR_SUCCESS)
        return false;
    if (ready.revents & POLLOUT && mosquitto_loop_write(b->client, 1) != MOSQ_ERR_SUCCESS)
        return false;
    return mosquitto_loop_misc(b->client) == MOSQ_ERR_SUCCESS;
}

static bool connect_to(struct bench *b, const char *host, int port)
{
    uint64_t end = clock_now() + PATIENCE;

    mosquitto_int_option(b->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(b->client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_int_option(b->client, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT);
    mosquitto_connect_v5_callback_set(b->client, on_connack);
    mosquitto_publish_v5_callback_set(b->client, on_puback);
    if (mosquitto_connect(b->client, host, port, 60) != MOSQ_ERR_SUCCESS)
        return false;
    while (!b->connected && clock_now() < end && step(b))
        ;
    return b->connected;
}

static bool publish_until(struct bench *b, uint64_t end)
{
    while (clock_now() < end) {
        for (; b->in_flight < IN_FLIGHT; b->in_flight++)
            if (mosquitto_publish_v5(b->client, NULL, TOPIC, b->payload_length, b->payload, 1,
                                     false, NULL) != MOSQ_ERR_SUCCESS)
                return false;
        if (!step(b))
            return false;
    }
    return true;
}

static bool measure(struct bench *b, double seconds)
{
    uint64_t begin = clock_now();
    double cpu = cpu_seconds();

    if (!publish_until(b, begin + (uint64_t)(seconds * (double)CLOCK_SECOND)))
        return false;
    printf("{\"done\": %lu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", b->acknowledged,
           (double)(clock_now() - begin) / (double)CLOCK_SECOND, cpu_seconds() - cpu);
    return true;
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    bool good;

    if (argc != 5) {
        fputs("Usage: bare_publisher HOST PORT SECONDS BYTES\n", stderr);
        return 2;
    }
    mosquitto_lib_init();
    b.client = mosquitto_new(NULL, true, &b);
    b.payload_length = atoi(argv[4]);
    b.payload = calloc(1, (size_t)b.payload_length + 1);
    if (!b.client || !b.payload)
        return 1;
    good = connect_to(&b, argv[1], atoi(argv[2])) && measure(&b, strtod(argv[3], NULL));
    if (!good)
        fputs("bare_publisher: the broker does not answer\n", stderr);
    mosquitto_destroy(b.client);
    mosquitto_lib_cleanup();
    free(b.payload);
    return good ? 0 : 1;
}
