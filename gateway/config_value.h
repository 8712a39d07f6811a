/*
 * The values of configuration keys: their kinds, and reading and printing one. Any thread. Texts
 * and secrets are allocated and belong to the field.
 */
#ifndef SIMGATE_GATEWAY_CONFIG_VALUE_H
#define SIMGATE_GATEWAY_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum config_type {
    CONFIG_TEXT,      /* const char * */
    CONFIG_SECRET,    /* const char *, never printed */
    CONFIG_BOOL,      /* bool */
    CONFIG_UNSIGNED,  /* uint32_t */
    CONFIG_DECIMAL,   /* double */
    CONFIG_DURATION,  /* uint64_t, nanoseconds */
    CONFIG_SECONDS,   /* uint32_t: a duration of whole seconds */
    CONFIG_SIZE,      /* uint64_t, bytes */
    CONFIG_CHOICE,    /* an enum that counts the words from 0 */
    CONFIG_ADDRESSES, /* struct config_addresses */
    CONFIG_PREFIXES,  /* struct config_prefixes */
};

/* A type and what is legal in it. */
struct config_kind {
    enum config_type type;
    /* of a number in its unit (CONFIG_SECONDS: nanoseconds), of the length of a list; a text of
     * at least 1 is required, which is for the loader to check at its end */
    uint64_t min, max;
    const char *const *words; /* CONFIG_CHOICE: ends with NULL */
};

#define CONFIG_VALUE_ILLEGAL 1

/* Reads `text` into the field. 0, CONFIG_VALUE_ILLEGAL (the field keeps its value) or -ENOMEM. */
int config_value_parse(const struct config_kind *kind, const char *text, void *field);

/* Prints the value as config_value_parse() reads it; nothing of a secret. */
void config_value_print(FILE *out, const struct config_kind *kind, const void *field);

/* Prints what is legal: "a whole number from 1 to 64". */
void config_kind_print(FILE *out, const struct config_kind *kind);

/* Frees what the field owns. */
void config_value_free(const struct config_kind *kind, void *field);

/* The text without white space around it, cut in place. */
char *config_strip(char *text);

/* Units of durations and sizes, from the largest; the last has no name. */
struct config_unit {
    const char *name;
    uint64_t factor;
};

extern const struct config_unit config_duration_units[];
extern const struct config_unit config_size_units[];

#endif
