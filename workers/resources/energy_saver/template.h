/*
 * The Energy Saver: turns the few bytes that a device sends into JSON, as a template says that an
 * operator wrote (docs/energy-saver.md has the language). A template is compiled once; an
 * evaluation allocates nothing. No I/O and no clock. A compiled template belongs to whoever
 * compiled it and may be used by any thread, but by one at a time: it holds the scratch of an
 * evaluation.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_TEMPLATE_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_TEMPLATE_H

#include "base/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEMPLATE_TEXT_MAX   65536  /* bytes of a template */
#define TEMPLATE_OUTPUT_MAX 262144 /* bytes of JSON: room for a payload of 64 KiB in hex */

struct template;

/* Why a text is no template, and where: the value or key that is wrong, or where reading ended. */
struct template_problem {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters */
    char reason[192];
};

struct template_result {
    /* Plain decimal texts in the form that the store takes for a location: both, or both "". */
    char latitude[25];
    char longitude[25];
    bool location_unusable; /* half a location, or values that are no numbers within its bounds */
    char failure[160];      /* why the payload could not be read; "": it could */
};

/* Compiles a text, which is not needed afterwards. Errors: -EINVAL (the problem says why and
 * where), -ENOMEM. */
int template_compile(struct template **t, const char *text, size_t length,
                     struct template_problem *problem);

/* NULL is accepted. */
void template_free(struct template *t);

/* Writes what the payload becomes: one JSON object. False where the payload cannot be read, or the
 * writer has too little room; what has been written then is of no use. */
bool template_translate(struct template *t, const uint8_t *payload, size_t length, struct writer *w,
                        struct template_result *result);

#endif
