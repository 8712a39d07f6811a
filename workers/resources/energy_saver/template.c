#include "workers/resources/energy_saver/template.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct template
{
    uint64_t generation;
};

int template_compile(struct template **t, const char *text, size_t length,
                     struct template_problem *problem)
{
    json_error_t error;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

    if (!json) {
        *problem = (struct template_problem){.line = 1, .column = 1};
        snprintf(problem->reason, sizeof(problem->reason), "%s", error.text);
        return -EINVAL;
    }
    json_decref(json);
    *t = calloc(1, sizeof(**t));
    return *t ? 0 : -ENOMEM;
}

void template_free(struct template *t)
{
    free(t);
}

bool template_translate(struct template *t, const uint8_t *payload, size_t length, struct writer *w,
                        struct template_result *result)
{
    *result = (struct template_result){0};
    writer_literal(w, "{}");
    return !w->failed;
}
