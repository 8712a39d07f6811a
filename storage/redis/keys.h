/*
 * The names of everything in Redis (docs/redis.md): made for asking, and taken apart again when
 * Redis says that one of them changed. A public contract, since others write them too. Any thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_KEYS_H
#define SIMGATE_STORAGE_REDIS_KEYS_H

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REDIS_PREFIX_MAX 64                      /* characters */
#define REDIS_KEY_MAX    (REDIS_PREFIX_MAX + 80) /* bytes: the longest is "template:" with a name */

/* What follows the prefix. The braces of a device's keys are hash tags of Redis Cluster. */
#define REDIS_KEY_ADDRESS         "addr:"
#define REDIS_KEY_DEVICE          "dev:"
#define REDIS_KEY_TEMPLATE        "template:"
#define REDIS_KEY_ACTIVE_TEMPLATE "active_template"

struct redis_key {
    uint16_t length;
    uint8_t bytes[REDIS_KEY_MAX];
};

/* Printable ASCII without spaces and braces, which would move the hash tag; "" is legal. */
bool redis_prefix_is_legal(const char *prefix);

/* The keys behind `prefix`, which is legal. */
void redis_key_of_address(struct redis_key *key, const char *prefix, const uint8_t ip[16]);
void redis_key_of_device(struct redis_key *key, const char *prefix, const char *iccid);
void redis_key_of_exchange(struct redis_key *key, const char *prefix,
                           const struct store_exchange_key *exchange);

void redis_key_of_psk(struct redis_key *key, const char *prefix, const char *iccid);
void redis_key_of_location(struct redis_key *key, const char *prefix, const char *iccid);

/* `name` is legal. */
void redis_key_of_template(struct redis_key *key, const char *prefix, const char *name);

/* Its value is the name of a template. */
void redis_key_of_active_template(struct redis_key *key, const char *prefix);

/* The address of an address's key. False when it is the key of something else. */
bool redis_key_to_address(const char *prefix, const char *bytes, size_t length, uint8_t ip[16]);

/* The ICCID of a device's key. False when it is the key of something else. */
bool redis_key_to_device(const char *prefix, const char *bytes, size_t length,
                         char iccid[DEVICE_ICCID_MAX + 1]);

/* Whether it is the key of a template, or the one that says which is active. */
bool redis_key_is_of_templates(const char *prefix, const char *bytes, size_t length);

#endif
