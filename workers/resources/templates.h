/*
 * The templates that a worker's devices have, compiled: asked for when a device with a new one
 * comes, and again when the store says that templates changed. What does not compile is refused,
 * and the template that was in force stays. Worker's thread.
 *
 * A template is known once the store has answered. Until then a device's messages have to wait for
 * it, and templates_load() is told of it; to publish them untranslated would be a surprise. What
 * the store refuses to tell is as good as a text that does not compile, and asked for again with
 * each device.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_TEMPLATES_H
#define SIMGATE_WORKERS_RESOURCES_TEMPLATES_H

#include "base/list.h"
#include "base/log.h"
#include "storage/store.h"
#include "workers/resources/energy_saver/template.h"

#include <stdbool.h>
#include <stdint.h>

/* Told when the store has answered, with STORE_OK where the template is known now,
 * though it may be that there is none. The one that waits owns it. */
struct template_waiter {
    struct list_node node;
    void (*done)(struct template_waiter *waiter, enum store_result result);
};

/* Why devices that have a template are served without. */
enum template_lack {
    TEMPLATE_NOT_LACKING,
    TEMPLATE_MISSING, /* there is none of that name */
    TEMPLATE_BROKEN,  /* it makes no sense, and none was in force before */
};

struct template_slot {
    struct templates *templates;
    struct template *compiled; /* the one in force, or NULL */
    uint16_t number;
    bool known;   /* what the store has now */
    bool asked;   /* the store is being asked */
    bool used;    /* it was known once */
    bool refused; /* the store has something there that is no text, or does not give it out */
    enum template_lack lack;
    struct list waiting;
};

struct templates {
    struct store_session *store;
    const struct log *log;
    struct template_slot **slots; /* by number; NULL where none was needed yet */
    uint32_t capacity;
    uint8_t *output; /* TEMPLATE_OUTPUT_MAX, for one translation at a time; NULL before the first */
    uint64_t refused; /* texts that did not compile */
};

/* `store` and `log` are borrowed. */
void templates_init(struct templates *t, struct store_session *store, const struct log *log);

/* After the store's session is closed. */
void templates_deinit(struct templates *t);

/* Whether messages of devices that have this template can be dealt with. */
static inline bool templates_known(const struct templates *t, uint16_t number)
{
    return number == STORE_TEMPLATE_NONE ||
           (number < t->capacity && t->slots[number] && t->slots[number]->known);
}

/* Whether the store is to be asked when a device that has this template is looked up. */
static inline bool templates_wants_load(const struct templates *t, uint16_t number)
{
    return !templates_known(t, number) ||
           (number != STORE_TEMPLATE_NONE && t->slots[number]->refused);
}

/* As templates_known(), for when the store cannot be asked: what was in force will do. */
static inline bool templates_known_once(const struct templates *t, uint16_t number)
{
    return number == STORE_TEMPLATE_NONE ||
           (number < t->capacity && t->slots[number] && t->slots[number]->used);
}

/* Asks the store for a template that is not known, unless it is being asked. The waiter is told
 * once, maybe before this returns. */
void templates_load(struct templates *t, uint16_t number, struct template_waiter *waiter);

/* What the store said of templates may be outdated. */
void templates_doubt(struct templates *t);

/* The template in force, or NULL, and `*lack` is why a device that has one goes without. */
struct template *templates_find(const struct templates *t, uint16_t number,
                                enum template_lack *lack);

#endif
