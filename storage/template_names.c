#include "storage/template_names.h"

#include "storage/store.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_NUMBER (STORE_TEMPLATE_NONE + 1)

_Static_assert(FIRST_NUMBER + TEMPLATE_NAMES_MAX <= UINT16_MAX, "every name has a number");

bool template_name_is_legal(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-' && name[i] != '.')
            return false;
    return length >= 1 && length <= TEMPLATE_NAME_MAX && name[0] != '.';
}

void template_names_init(struct template_names *n)
{
    pthread_mutex_init(&n->lock, NULL);
    n->count = 0;
}

void template_names_deinit(struct template_names *n)
{
    for (uint32_t i = 0; i < n->count; i++)
        free(n->names[i]);
    n->count = 0;
}

/* There are few: a fleet has a template for each kind of device. */
static bool find_or_add(struct template_names *n, const char *name, size_t length, uint16_t *number)
{
    uint32_t i = 0;

    while (i < n->count &&
           (strlen(n->names[i]) != length || memcmp(n->names[i], name, length) != 0))
        i++;
    if (i == TEMPLATE_NAMES_MAX)
        return false;
    if (i == n->count) {
        n->names[i] = strndup(name, length);
        if (!n->names[i])
            return false;
        n->count++;
    }
    *number = (uint16_t)(FIRST_NUMBER + i);
    return true;
}

bool template_names_number(struct template_names *n, const char *name, size_t length,
                           uint16_t *number)
{
    bool found;

    *number = STORE_TEMPLATE_ACTIVE;
    if (length == 0)
        return true;
    if (!template_name_is_legal(name, length))
        return false;
    if (length == strlen(TEMPLATE_NO_NAME) && memcmp(name, TEMPLATE_NO_NAME, length) == 0) {
        *number = STORE_TEMPLATE_NONE;
        return true;
    }
    pthread_mutex_lock(&n->lock);
    found = find_or_add(n, name, length, number);
    pthread_mutex_unlock(&n->lock);
    return found;
}

const char *template_names_name(struct template_names *n, uint16_t number)
{
    const char *name;

    if (number == STORE_TEMPLATE_ACTIVE)
        return "";
    if (number == STORE_TEMPLATE_NONE)
        return TEMPLATE_NO_NAME;
    pthread_mutex_lock(&n->lock);
    name = n->names[number - FIRST_NUMBER];
    pthread_mutex_unlock(&n->lock);
    return name;
}
