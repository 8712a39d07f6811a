/*
 * The table of configuration keys: loading, printing and docs/configuration.md all come from it.
 * Constant data; any thread.
 */
#ifndef SIMGATE_GATEWAY_CONFIG_TABLE_H
#define SIMGATE_GATEWAY_CONFIG_TABLE_H

#include "gateway/config_value.h"

#include <stddef.h>

struct config;

#define CONFIG_SECTIONS 10
#define CONFIG_ROWS     59

struct config_section {
    const char *name;    /* no underscore, so that a variable's name can be told apart */
    const char *meaning; /* one sentence */
};

/* A row of type CONFIG_SECRET is followed by the row of its file, a text. */
struct config_row {
    const char *name; /* "section.key" */
    struct config_kind kind;
    size_t offset;        /* of the field in struct config */
    const char *fallback; /* the default, as in a file */
    const char *meaning;  /* one sentence */
};

extern const struct config_section config_sections[CONFIG_SECTIONS];

/* Those of one section stand together, in the order of the sections. */
extern const struct config_row config_rows[CONFIG_ROWS];

/* The exact row or section, or NULL. */
const struct config_row *config_row_find(const char *name);
const struct config_section *config_section_find(const char *name);

/* What a mistyped name may have meant, or NULL. */
const struct config_row *config_row_nearest(const char *name);
const struct config_section *config_section_nearest(const char *name);

/* "key" of "section.key". */
const char *config_row_key(const struct config_row *row);

bool config_row_in_section(const struct config_row *row, const struct config_section *section);

/* The row's field in a configuration. */
void *config_row_field(const struct config_row *row, struct config *config);
const void *config_row_value(const struct config_row *row, const struct config *config);

#endif
