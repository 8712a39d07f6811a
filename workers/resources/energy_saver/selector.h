/*
 * A selector: which bytes of a payload, and what they mean. Reads them, compares them with the
 * cases of a switch, and writes them as JSON. Any thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_SELECTOR_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_SELECTOR_H

#include "base/writer.h"
#include "workers/resources/energy_saver/asset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum selector_type {
    SELECTOR_INT,
    SELECTOR_UINT,
    SELECTOR_FLOAT,
    SELECTOR_BOOLEAN,
    SELECTOR_STRING,
    SELECTOR_HEX,
};

enum selector_reach {
    SELECTOR_FROM_START, /* `count` bytes from `byte` on */
    SELECTOR_FROM_END,   /* `count` bytes, the first of which is `behind` before the end */
    SELECTOR_RANGE,      /* from `byte` to `behind` before the end */
};

struct selector {
    enum selector_type type;
    enum selector_reach reach;
    bool little_endian;
    uint32_t byte;
    uint32_t behind; /* -endbyte */
    uint32_t count;  /* bytelength; a range has 0 */
};

/* A case, in the form in which its selector's bytes can be compared with it. */
struct selector_case {
    uint64_t integer;   /* int (two's complement), uint, boolean */
    double number;      /* float */
    struct field bytes; /* string, hex */
};

enum selector_result {
    SELECTOR_FOUND,
    SELECTOR_OUTSIDE, /* the payload is too short */
    SELECTOR_EMPTY,   /* a range without a byte */
    SELECTOR_LENGTH,  /* a range of a length that the type cannot have */
    SELECTOR_NO_TEXT, /* no UTF-8 */
};

/* Whether a value of the type can have this many bytes. */
bool selector_type_has(enum selector_type type, size_t length);

/* The lengths that selector_type_has(), for the user: "1, 2, 4 or 8". */
const char *selector_type_lengths(enum selector_type type);

const char *selector_type_name(enum selector_type type);

/* Finds the bytes that are selected, and makes sure that they can be read. */
enum selector_result selector_find(const struct selector *s, const uint8_t *payload, size_t length,
                                   struct field *f);

/* Says what was wrong, for the user, with a payload of this length. */
void selector_explain(const struct selector *s, enum selector_result result, size_t length,
                      char *text, size_t size);

/* Of what selector_find() found. */
bool selector_matches(const struct selector *s, struct field f, const struct selector_case *c);
void selector_write(const struct selector *s, struct field f, struct writer *w);

#endif
