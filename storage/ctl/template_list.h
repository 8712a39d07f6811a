/*
 * Names of templates, as they come from a store. One thread; who has a list frees it.
 */
#ifndef SIMGATE_STORAGE_CTL_TEMPLATE_LIST_H
#define SIMGATE_STORAGE_CTL_TEMPLATE_LIST_H

#include "storage/template_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct template_list {
    size_t count;
    size_t room;
    char (*names)[TEMPLATE_NAME_MAX + 1];
    uint64_t strange; /* what looks like a template and has no legal name */
};

/* Whether templates may be called so: TEMPLATE_NO_NAME is none's. */
bool template_list_is_legal(const char *name, size_t length);

/* Adds a name, or counts it where it is not legal. False after a complaint. */
bool template_list_add(struct template_list *l, const char *name, size_t length);

/* Brings the names into order, each once. */
void template_list_sort(struct template_list *l);

/* Accepts zeros. */
void template_list_free(struct template_list *l);

#endif
