/*
 * The names of 16 bytes under which a worker knows devices: the source address, which is the
 * device's identity, or its ICCID in a form that is no address. Any thread.
 */
#ifndef SIMGATE_WORKERS_DEVICE_NAME_H
#define SIMGATE_WORKERS_DEVICE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_NAME_SIZE 16

/* Five bytes of a multicast address (RFC 4291 §2.7), which no datagram has as its source, and the
 * digits, two in a byte. False: these are not 1 to DEVICE_ICCID_MAX digits. */
bool device_name_of_iccid(uint8_t name[DEVICE_NAME_SIZE], const char *iccid);

/* Whether it is the name of an ICCID. */
bool device_name_is_iccid(const uint8_t name[DEVICE_NAME_SIZE]);

#endif
