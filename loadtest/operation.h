/*
 * What a device does at a start, step by step: gets its key, shakes hands, sends its message, as
 * far as the scenario has it and the device needs it. Ends a step by what is received or not, and
 * counts that. Thread: the driver's.
 */
#ifndef SIMGATE_LOADTEST_OPERATION_H
#define SIMGATE_LOADTEST_OPERATION_H

#include "loadtest/driver.h"

/* Whether the device is not about to get an association, or to lose it, by another exchange. */
bool operation_can_start(const struct driver *d, const struct device *device);

/* The device is idle and in no list. Latency counts from `since`. */
void operation_start(struct driver *d, struct device *device, uint64_t since, uint64_t now);

/* The device's timer has expired. */
void operation_expire(struct driver *d, struct device *device, uint64_t now);

/* A datagram to device `number`: a CoAP message, or DTLS records. */
void operation_receive(struct driver *d, uint32_t number, const uint8_t *bytes, size_t length,
                       uint64_t now);
void operation_receive_record(struct driver *d, uint32_t number, const uint8_t *bytes,
                              size_t length, uint64_t now);

#endif
