/*
 * The assets of a template, as the tree of objects that they make in the output, in the order in
 * which the template first names them. Made by the compiler; an evaluation marks the ones that it
 * gives a value, with its own number, so that nothing has to be cleared before the next. The
 * owner's thread; the memory is the arena's.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_ASSET_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_ASSET_H

#include "workers/resources/energy_saver/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSET_SEGMENTS_MAX 8
#define ASSET_SHOWN        64 /* bytes of an asset's path that a message shows */

/* Bytes of a payload. */
struct field {
    const uint8_t *bytes;
    size_t length;
};

struct mapping;

/* A value, or a group of others; the root is a group without a name. */
struct asset {
    const char *name;
    size_t name_length;
    const char *key; /* the name as JSON, with its colon */
    size_t key_length;
    bool is_value;
    struct asset *parent;
    struct asset *first, *last; /* in the group */
    struct asset *next;         /* in the same group */
    /* the scratch of an evaluation */
    uint64_t evaluation;           /* the last one that gave it, or one of its group, a value */
    const struct mapping *mapping; /* which gave it */
    struct field field;            /* what that selected */
};

enum asset_result {
    ASSET_ADDED,
    ASSET_EMPTY_SEGMENT,
    ASSET_TOO_DEEP,
    ASSET_BELOW_VALUE, /* what should be a group has a value already */
    ASSET_IS_GROUP,    /* what should have a value is a group already */
};

/* The value at a dotted path, made where there is none. Error: -ENOMEM; enum asset_result
 * otherwise. */
int asset_add(struct asset *root, struct arena *arena, const char *path, size_t length,
              struct asset **value);

/* Marks a value and the groups around it. */
static inline void asset_assign(struct asset *a, uint64_t evaluation, const struct mapping *mapping,
                                struct field field)
{
    a->mapping = mapping;
    a->field = field;
    for (; a && a->evaluation != evaluation; a = a->parent)
        a->evaluation = evaluation;
}

#endif
