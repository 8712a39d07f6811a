/*
 * What devices send: requests and replies, plain or by their association, and on purpose twice,
 * malformed, from another port, or not at all. Errors stay in the driver and its sockets. Thread:
 * the driver's.
 */
#ifndef SIMGATE_LOADTEST_TRAFFIC_H
#define SIMGATE_LOADTEST_TRAFFIC_H

#include "loadtest/driver.h"

/* Its current request, and perhaps a duplicate. */
void traffic_request(struct driver *d, const struct device *device);

/* An empty acknowledgement or a reset of Message ID `id`, to where `secure` says. */
void traffic_reply(struct driver *d, const struct device *device, enum device_reply reply,
                   uint16_t id, bool secure);

/* Perhaps something malformed, where the options ask for it. */
void traffic_disturb(struct driver *d, struct device *device);

/* Gets another port, and address, where options or scenario ask for it: perhaps, or always. */
void traffic_move(struct driver *d, struct device *device);

/* Whether a datagram is lost on purpose. */
bool traffic_loses(struct driver *d);

/* Sends what is held back, since nothing overtakes it. */
void traffic_release(struct driver *d);

/* Sends a device's DTLS records: a dtls_client_send. */
void traffic_send_record(void *driver, uint32_t number, const uint8_t *bytes, size_t length);

/* The number of a device's current or last message, which its name has. */
static inline uint32_t traffic_sequence(const struct device *device)
{
    return (device->messages - 1) * device->stride + device->slot;
}

#endif
