/*
 * What becomes of a payload by its device's template (the Energy Saver), and what that entails: a
 * location to be kept, or an error event. A payload that should have been translated and cannot be
 * is published as it came. Worker's thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_TRANSLATION_H
#define SIMGATE_WORKERS_RESOURCES_TRANSLATION_H

#include "workers/resources/resource.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is to be done once it is certain that the message is ours to publish. */
struct translation_sequel {
    struct device device;
    uint64_t order_key;
    struct location location; /* longitude "": none */
    const char *message;      /* of an error event; NULL: none */
    char description[160];
};

struct translation {
    const uint8_t *json; /* NULL: the payload stays as it is; good until the next translation */
    size_t length;
    bool has_sequel;
    struct translation_sequel sequel;
};

/* Translates the payload of a device that has a template. */
void translate(struct translation *t, struct resources *r, const struct resource_request *request,
               const uint8_t *payload, size_t length);

/* Keeps the location, and publishes the event; `ip` is the message's source, 16 bytes. */
void translation_follow(struct resources *r, const struct translation_sequel *sequel,
                        const uint8_t *ip);

#endif
