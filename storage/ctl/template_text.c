#include "storage/ctl/template_text.h"

#include "storage/store.h"
#include "workers/resources/energy_saver/template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool template_text_copy(struct template_text *t, const char *bytes, size_t length)
{
    t->bytes = malloc(length + 1);
    if (!t->bytes) {
        fputs("simgatectl: out of memory\n", stderr);
        return false;
    }
    memcpy(t->bytes, bytes, length);
    t->bytes[length] = 0;
    t->length = length;
    t->is_other = false;
    return true;
}

bool template_text_read(struct template_text *t, const char *path)
{
    bool is_file = strcmp(path, "-") != 0, failed = true;
    FILE *file = is_file ? fopen(path, "re") : stdin;

    *t = (struct template_text){0};
    t->bytes = malloc(STORE_TEMPLATE_TEXT_MAX + 2);
    if (file && t->bytes) {
        t->length = fread(t->bytes, 1, STORE_TEMPLATE_TEXT_MAX + 1, file);
        t->bytes[t->length] = 0;
        failed = ferror(file);
    }
    if (failed)
        fprintf(stderr, "simgatectl: %s: %s\n", path, strerror(errno));
    if (file && is_file)
        fclose(file);
    return !failed;
}

void template_text_free(struct template_text *t)
{
    free(t->bytes);
    t->bytes = NULL;
}

struct template *template_text_compile(const struct template_text *t,
                                       char reason[TEMPLATE_REASON_MAX])
{
    struct template_problem problem;
    struct template *compiled = NULL;
    int error;

    if (t->is_other) {
        snprintf(reason, TEMPLATE_REASON_MAX, "1:1: what the store has is no text");
        return NULL;
    }
    if (t->length > STORE_TEMPLATE_TEXT_MAX) {
        snprintf(reason, TEMPLATE_REASON_MAX, "1:1: longer than %d bytes", STORE_TEMPLATE_TEXT_MAX);
        return NULL;
    }
    error = template_compile(&compiled, t->bytes, t->length, &problem);
    if (error == 0)
        return compiled;
    if (error == -EINVAL)
        snprintf(reason, TEMPLATE_REASON_MAX, "%" PRIu32 ":%" PRIu32 ": %s", problem.line,
                 problem.column, problem.reason);
    else
        snprintf(reason, TEMPLATE_REASON_MAX, "1:1: %s", strerror(-error));
    return NULL;
}

bool template_text_check(const struct template_text *t, const char *file)
{
    char reason[TEMPLATE_REASON_MAX];
    struct template *compiled = template_text_compile(t, reason);

    if (!compiled)
        fprintf(stderr, "%s:%s\n", file, reason);
    template_free(compiled);
    return compiled != NULL;
}
