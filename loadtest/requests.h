/*
 * The requests that devices send, written once but for Message ID, token and the message's name.
 * Pure; one thread.
 */
#ifndef SIMGATE_LOADTEST_REQUESTS_H
#define SIMGATE_LOADTEST_REQUESTS_H

#include "loadtest/device.h"
#include "loadtest/names.h"
#include "loadtest/options.h"
#include "loadtest/results.h"

#define REQUESTS_BODY_MAX (300 + OPTIONS_PAYLOAD_MAX)

/* What follows the token. */
struct request_body {
    enum coap_code code;
    uint16_t length;
    uint16_t name_at; /* where the name goes; 0: it has none */
    uint8_t bytes[REQUESTS_BODY_MAX];
};

struct requests {
    bool confirmable;
    struct request_body bodies[RESULTS_STEPS]; /* none for the handshake */
};

void requests_init(struct requests *r, const struct options *o);

/* The current request of a device into `room` of at least SOCKETS_ROOM bytes. Returns its length.
 */
size_t requests_write(const struct requests *r, const struct device *device,
                      const struct message_name *name, uint8_t *room, size_t size);

/* Malformed in one of several ways, with a Message ID that is no request's. */
size_t requests_write_malformed(const struct device *device, uint32_t random, uint8_t *room,
                                size_t size);

/* Whether a reset is the answer to a malformed one. */
bool requests_is_malformed_reset(const struct device *device, const struct coap_message *m);

#endif
