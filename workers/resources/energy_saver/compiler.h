/*
 * The compiler's parts, and what they share while one text is compiled. All of them return 0,
 * -EINVAL with the problem filled in, or -ENOMEM. The thread that compiles.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_COMPILER_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_COMPILER_H

#include "workers/resources/energy_saver/outline.h"
#include "workers/resources/energy_saver/program.h"
#include "workers/resources/energy_saver/template.h"

#include <stdbool.h>
#include <stdint.h>

struct compiler {
    struct template *template; /* is made */
    struct outline outline;
    struct template_problem *problem;
};

/* A whole number, exact beyond what 64 bits with or without a sign can have. */
struct compiler_integer {
    bool negative;
    uint64_t magnitude;
};

/* The problem is at a place. Always -EINVAL. */
int compiler_refuse(struct compiler *c, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The value as it is written in the template. Borrowed from the template's text. */
const char *compiler_text(const struct compiler *c, struct place value, size_t *length);

/* False where the value is no whole number, written without point and exponent, of 64 bits. */
bool compiler_integer(const struct compiler *c, struct place value, struct compiler_integer *i);

/* Whether the value under a key is this string. */
bool compiler_is_string(struct place value, const char *text);

/* The statements of the block at `sense` of the text, which is valid JSON. */
int compile_template(struct compiler *c, struct place root);

int compile_selector(struct compiler *c, struct place value, struct selector *s);

/* The constant of a case, which has to fit its selector. */
int compile_case(struct compiler *c, struct place value, const struct selector *s,
                 struct selector_case *result);

int compile_mapping(struct compiler *c, struct place statement, struct mapping *m);

#endif
