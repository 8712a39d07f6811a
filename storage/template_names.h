/*
 * The names of templates, which a store numbers as it comes by them: a device has a number of two
 * bytes where it would have a name of 64. A name keeps its number as long as the store is open.
 *
 * Any thread, since a lock is held.
 */
#ifndef SIMGATE_STORAGE_TEMPLATE_NAMES_H
#define SIMGATE_STORAGE_TEMPLATE_NAMES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEMPLATE_NAME_MAX  64 /* characters */
#define TEMPLATE_NAMES_MAX 4096
#define TEMPLATE_NO_NAME   "-" /* of a device that is to have no template */

struct template_names {
    pthread_mutex_t lock;
    uint32_t count;
    char *names[TEMPLATE_NAMES_MAX];
};

/* 1 to 64 letters, digits, '.', '_' and '-'. Files are named after templates, so that they do not
 * begin with '.'; TEMPLATE_NO_NAME is legal for a device alone. */
bool template_name_is_legal(const char *name, size_t length);

void template_names_init(struct template_names *n);

/* Accepts zeros. */
void template_names_deinit(struct template_names *n);

/*
 * The number for a device that names this template; "" is none, for which it is
 * STORE_TEMPLATE_ACTIVE. False, and the same number, when the name is not legal, there are too many
 * names, or there is no memory.
 */
bool template_names_number(struct template_names *n, const char *name, size_t length,
                           uint16_t *number);

/* The name of a number that was given: good until template_names_deinit(). "" for
 * STORE_TEMPLATE_ACTIVE. */
const char *template_names_name(struct template_names *n, uint16_t number);

#endif
