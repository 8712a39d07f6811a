/* template test: what payloads become. Needs no store. */
#include "base/writer.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/hex_payload.h"
#include "storage/ctl/json_indent.h"
#include "storage/ctl/output.h"
#include "storage/ctl/template_text.h"
#include "workers/resources/energy_saver/template.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct testing {
    struct template *compiled;
    char json[TEMPLATE_OUTPUT_MAX];
    bool is_json;   /* each payload's on one line */
    char where[32]; /* "line 3: " of standard input */
};

/* What the gateway would do apart from publishing. */
static void tell_location(const struct testing *t, const struct template_result *result)
{
    if (*result->longitude)
        fprintf(stderr, "simgatectl: %slocation: longitude %s, latitude %s\n", t->where,
                result->longitude, result->latitude);
    else if (result->location_unusable)
        fprintf(stderr,
                "simgatectl: %sno location is stored: half of one, or no legal coordinates\n",
                t->where);
}

static int translate(struct testing *t, const uint8_t *payload, size_t length)
{
    struct writer w = writer_over(t->json, sizeof(t->json));
    struct template_result result;

    if (!template_translate(t->compiled, payload, length, &w, &result)) {
        fflush(stdout);
        fprintf(stderr, "simgatectl: %sthe template cannot read the payload: %s\n", t->where,
                *result.failure ? result.failure : "too much comes of it");
        return CTL_NO;
    }
    if (t->is_json) {
        fwrite(t->json, 1, writer_length(&w), stdout);
        putchar('\n');
    } else {
        json_indent(stdout, t->json, writer_length(&w));
    }
    fflush(stdout);
    tell_location(t, &result);
    return CTL_OK;
}

/* `wrong` is the exit status for what is no payload. */
static int test_payload(struct testing *t, const char *hex, int wrong)
{
    uint8_t *payload = malloc(strlen(hex) / 2 + 1);
    size_t length;
    int code = wrong;

    if (!payload)
        perror("simgatectl");
    else if (hex_payload_read(hex, payload, &length))
        code = translate(t, payload, length);
    else
        fprintf(stderr, "simgatectl: %sno payload: pairs of hexadecimal digits are legal\n",
                t->where);
    free(payload);
    return code;
}

/* A payload a line, all of them whatever becomes of one. */
static int test_input(struct testing *t)
{
    char *line = NULL;
    size_t room = 0;
    int code = CTL_OK;

    for (uint64_t number = 1; getline(&line, &room, stdin) > 0; number++) {
        snprintf(t->where, sizeof(t->where), "line %" PRIu64 ": ", number);
        if (line[strspn(line, " \t\r\n")] && test_payload(t, line, CTL_NO) != CTL_OK)
            code = CTL_NO;
    }
    free(line);
    if (ferror(stdin)) {
        perror("simgatectl: standard input");
        code = CTL_NO;
    }
    return code;
}

static int test(struct testing *t, const struct template_text *text, const struct ctl_arguments *a)
{
    char reason[TEMPLATE_REASON_MAX];
    int code = CTL_NO;

    t->compiled = template_text_compile(text, reason);
    if (!t->compiled)
        fprintf(stderr, "%s:%s\n", a->words[0], reason);
    else if (strcmp(a->words[1], "-") == 0)
        code = test_input(t);
    else
        code = test_payload(t, a->words[1], CTL_USAGE);
    template_free(t->compiled);
    return code;
}

int ctl_template_test(const struct ctl_arguments *a)
{
    struct template_text text = {0};
    struct testing *t = calloc(1, sizeof(*t));
    struct ctl_output output;
    int code = CTL_USAGE;

    if (strcmp(a->words[0], "-") == 0 && strcmp(a->words[1], "-") == 0)
        fputs("simgatectl: standard input has either the template or payloads\n", stderr);
    else if (t && ctl_output_open(&output, a))
        code = template_text_read(&text, a->words[0]) ? CTL_OK : CTL_NO;
    if (code == CTL_OK) {
        t->is_json = ctl_output_is_json(&output);
        code = test(t, &text, a);
    }
    template_text_free(&text);
    free(t);
    return code;
}
