/*
 * Where the keys and values of a JSON text are, which jansson does not tell: for messages with a
 * line and a column, and for numbers in their own words. The text is known to be valid JSON. Any
 * thread; the outline borrows the text and what jansson made of it.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_OUTLINE_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_OUTLINE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* A value, or the key of one, which stands right before it. The root is the first of all. */
struct outline_node {
    uint32_t at;     /* first byte */
    uint32_t length; /* bytes; of a string with its quotes */
    uint32_t next;   /* the number of the first node behind what is within this one */
};

struct outline {
    const char *text;
    struct outline_node *nodes;
    uint32_t count;
};

/* A value in both views. `json` is NULL where there is none. */
struct place {
    const json_t *json;
    uint32_t node;
};

/* Error: -ENOMEM. */
int outline_init(struct outline *o, const char *text, size_t length);
void outline_deinit(struct outline *o);

/* The text of a value as it was written. */
static inline const char *outline_text(const struct outline *o, uint32_t node)
{
    return o->text + o->nodes[node].at;
}

/* The value under a key of an object; where there is none, a place in the object. */
struct place outline_member(const struct outline *o, struct place object, const char *key);

/* The elements of an array, one after the other; `json` is NULL behind the last. */
struct place outline_first(const struct outline *o, struct place array);
struct place outline_next(const struct outline *o, struct place array, struct place element,
                          size_t index);

/* Line and column of a byte, both from 1; columns are characters. */
void outline_position(const struct outline *o, uint32_t at, uint32_t *line, uint32_t *column);

#endif
