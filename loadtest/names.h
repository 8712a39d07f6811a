/*
 * The name of a message, which its payload carries so that it can be recognized where it arrives:
 * run, device and the number of the message among those of the device, in hexadecimal digits:
 * "rrrrrr-ddddd-sssssss". Any thread.
 */
#ifndef SIMGATE_LOADTEST_NAMES_H
#define SIMGATE_LOADTEST_NAMES_H

#include "loadtest/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_LENGTH       20
#define NAMES_RUN_MASK     0xffffff
#define NAMES_SEQUENCE_MAX 0xfffffff

struct message_name {
    uint32_t run;      /* random; at most NAMES_RUN_MASK */
    uint32_t device;   /* below 2^20 */
    uint32_t sequence; /* at most NAMES_SEQUENCE_MAX */
};

/* The least size of a payload with a name: a JSON string has its quotes as well. */
uint32_t names_room(enum payload_form form);

/* A payload of `length` bytes, at least names_room(). Where the name goes is the result. */
size_t names_fill(uint8_t *payload, size_t length, enum payload_form form);

void names_write(uint8_t text[NAMES_LENGTH], const struct message_name *name);

/* Finds the name of a message of this run in what a broker delivered: as it is, or in the "value"
 * of the gateway's envelope, as base64. False: there is none. */
bool names_find(struct message_name *name, uint32_t run, const uint8_t *bytes, size_t length);

#endif
