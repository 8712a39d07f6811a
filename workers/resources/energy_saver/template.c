#include "workers/resources/energy_saver/template.h"

#include "workers/resources/energy_saver/compiler.h"
#include "workers/resources/energy_saver/json_text.h"
#include "workers/resources/energy_saver/program.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *plain_words(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        return "the text ends within the template";
    case json_error_end_of_input_expected:
        return "there is more text behind the template";
    case json_error_invalid_utf8:
        return "this is no UTF-8";
    case json_error_duplicate_key:
        return "the key is there already";
    case json_error_numeric_overflow:
        return "the number is too large";
    case json_error_stack_overflow:
        return "too many objects and arrays within each other";
    case json_error_null_byte_in_key:
        return "a key cannot have \\u0000 in it";
    default:
        return NULL;
    }
}

/* jansson's text is "what near 'where'", or "what near end of file". */
static int refuse_syntax(struct template_problem *problem, const json_error_t *error)
{
    const char *words = plain_words(error);
    const char *near = words ? strstr(error->text, " near '") : error->text;
    char reason[sizeof(problem->reason)];

    snprintf(reason, sizeof(reason), "%s%s", words ? words : "no valid JSON: ", near ? near : "");
    json_text_show(problem->reason, sizeof(problem->reason), reason, strlen(reason));
    problem->line = error->line > 0 ? (uint32_t)error->line : 1;
    problem->column = error->column > 0 ? (uint32_t)error->column : 1;
    return -EINVAL;
}

static int refuse_text(struct template_problem *problem, const char *reason)
{
    problem->line = problem->column = 1;
    snprintf(problem->reason, sizeof(problem->reason), "%s", reason);
    return -EINVAL;
}

static int read_json(json_t **json, const char *text, size_t length,
                     struct template_problem *problem)
{
    json_error_t error;

    if (length > TEMPLATE_TEXT_MAX)
        return refuse_text(problem, "the template is longer than 64 KiB");
    if (length && memchr(text, 0, length)) /* jansson overlooks one behind a number */
        return refuse_text(problem, "there is a byte 0 in the template");
    /* Numbers of 64 bits are read from the text, since jansson's end at 63. */
    *json = json_loadb(length ? text : "", length,
                       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL |
                           JSON_ALLOW_NUL,
                       &error);
    if (*json)
        return 0;
    if (json_error_code(&error) == json_error_out_of_memory)
        return -ENOMEM;
    return refuse_syntax(problem, &error);
}

/* A byte order mark, which some editors put first. */
static void skip_mark(const char **text, size_t *length)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (*length < strlen(mark) || memcmp(*text, mark, strlen(mark)) != 0)
        return;
    *text += strlen(mark);
    *length -= strlen(mark);
}

static int compile(struct template *t, const json_t *json, const char *text, size_t length,
                   struct template_problem *problem)
{
    struct compiler c = {.template = t, .problem = problem};
    int result = outline_init(&c.outline, text, length);

    if (result == 0)
        result = compile_template(&c, (struct place){.json = json, .node = 0});
    outline_deinit(&c.outline);
    return result;
}

int template_compile(struct template **t, const char *text, size_t length,
                     struct template_problem *problem)
{
    json_t *json;
    int result;

    *t = NULL;
    skip_mark(&text, &length);
    result = read_json(&json, text, length, problem);
    if (result)
        return result;
    *t = calloc(1, sizeof(**t));
    result = *t ? compile(*t, json, text, length, problem) : -ENOMEM;
    json_decref(json);
    if (result) {
        template_free(*t);
        *t = NULL;
    }
    return result;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    arena_free(&t->arena);
    free(t);
}
