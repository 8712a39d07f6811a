#include "tests/unit/energy_saver/templates.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *templates_quoted(const char *text)
{
    char *quoted = strdup(text);

    for (char *c = quoted; *c; c++)
        if (*c == '\'')
            *c = '"';
    return quoted;
}

static struct template *compile(const char *text, size_t length)
{
    struct template_problem problem;
    struct template *t;
    int result = template_compile(&t, text, length, &problem);

    cr_assert_eq(result, 0, "%s:%u:%u: %s", text, problem.line, problem.column, problem.reason);
    return t;
}

struct template *templates_compile(const char *text)
{
    char *quoted = templates_quoted(text);
    struct template *t = compile(quoted, strlen(quoted));

    free(quoted);
    return t;
}

struct template *templates_load(const char *name)
{
    char path[512], text[8192];
    FILE *file;
    size_t length;

    snprintf(path, sizeof(path), "%s/%s.json", TEMPLATES, name);
    file = fopen(path, "re");
    cr_assert(file, "%s", path);
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = 0;
    fclose(file);
    return compile(text, length);
}

size_t templates_bytes(const char *hex, uint8_t *bytes, size_t room)
{
    size_t length = 0;
    unsigned byte;
    int used;

    for (; sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used) {
        cr_assert(length < room);
        bytes[length++] = (uint8_t)byte;
    }
    cr_assert_eq(*hex, 0, "%s", hex);
    return length;
}

struct translated templates_translate(struct template *t, const char *hex)
{
    struct translated made = {0};
    struct writer w = writer_over(made.json, sizeof(made.json) - 1);
    uint8_t bytes[512];
    size_t length = templates_bytes(hex, bytes, sizeof(bytes));
    uint8_t *payload = malloc(length ? length : 1); /* of the exact size, for sanitizers */
    json_t *json;

    memcpy(payload, bytes, length);
    made.ok = template_translate(t, payload, length, &w, &made.result);
    free(payload);
    if (!made.ok)
        return made;
    made.json[writer_length(&w)] = 0;
    json = json_loads(made.json, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES,
                      NULL);
    cr_assert(json_is_object(json), "%s", made.json);
    json_decref(json);
    return made;
}

struct translated templates_try(const char *text, const char *hex)
{
    struct template *t = templates_compile(text);
    struct translated made = templates_translate(t, hex);

    template_free(t);
    return made;
}
