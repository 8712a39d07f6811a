#include "workers/resources/energy_saver/location_text.h"
#include "workers/resources/energy_saver/program.h"
#include "workers/resources/energy_saver/template.h"

#include <stdio.h>

#define LATITUDE_MAX  90 /* degrees */
#define LONGITUDE_MAX 180

struct translation {
    struct template *template;
    const uint8_t *payload;
    size_t length;
    struct writer *w;
    struct template_result *result;
    bool located; /* there is at least half a location */
};

/* `mapping` is NULL for the selector of a switch. */
static bool fail(struct translation *t, const struct selector *s, enum selector_result why,
                 const struct mapping *mapping)
{
    char *text = t->result->failure;
    size_t size = sizeof(t->result->failure);
    int used = mapping ? snprintf(text, size, "asset \"%s\": ", mapping->shown)
                       : snprintf(text, size, "switch: ");

    selector_explain(s, why, t->length, text + used, size - (size_t)used);
    return false;
}

static bool run_mapping(struct translation *t, const struct mapping *m)
{
    struct field f = {0};

    if (!m->constant) {
        enum selector_result found = selector_find(&m->selector, t->payload, t->length, &f);

        if (found != SELECTOR_FOUND)
            return fail(t, &m->selector, found, m);
    }
    asset_assign(m->asset, t->template->evaluation, m, f);
    return true;
}

static bool run_block(struct translation *t, const struct statement *s);

static bool run_control(struct translation *t, const struct control *control)
{
    const struct selector *s = &control->selector;
    const struct choice *choice = control->choices;
    struct field f;
    enum selector_result found = selector_find(s, t->payload, t->length, &f);

    if (found != SELECTOR_FOUND)
        return fail(t, s, found, NULL);
    while (choice && !selector_matches(s, f, &choice->value))
        choice = choice->next;
    return run_block(t, choice ? choice->block : control->otherwise);
}

/* At most PROGRAM_DEPTH_MAX within each other. */
static bool run_block(struct translation *t, const struct statement *s)
{
    for (; s; s = s->next)
        if (!(s->mapping ? run_mapping(t, s->mapping) : run_control(t, s->control)))
            return false;
    return true;
}

static void keep_location(struct translation *t, enum mapping_location location, size_t from)
{
    const char *json = (const char *)t->w->start + from;
    size_t length = writer_length(t->w) - from;
    bool is_latitude = location == MAPPING_LATITUDE;
    char *to = is_latitude ? t->result->latitude : t->result->longitude;

    t->located = true;
    if (!location_text_make(to, json, length, is_latitude ? LATITUDE_MAX : LONGITUDE_MAX))
        to[0] = 0;
}

static void write_value(struct translation *t, const struct asset *a)
{
    const struct mapping *m = a->mapping;
    size_t from = writer_length(t->w);

    if (m->constant)
        writer_bytes(t->w, m->constant, m->constant_length);
    else
        selector_write(&m->selector, a->field, t->w);
    if (m->location != MAPPING_NO_LOCATION && !t->w->failed)
        keep_location(t, m->location, from);
}

/* At most ASSET_SEGMENTS_MAX within each other. */
static void write_group(struct translation *t, const struct asset *group)
{
    bool is_first = true;

    writer_u8(t->w, '{');
    for (const struct asset *a = group->first; a; a = a->next) {
        if (a->evaluation != t->template->evaluation)
            continue;
        if (!is_first)
            writer_u8(t->w, ',');
        is_first = false;
        writer_bytes(t->w, a->key, a->key_length);
        if (a->is_value)
            write_value(t, a);
        else
            write_group(t, a);
    }
    writer_u8(t->w, '}');
}

/* Half a location is none. */
static void check_location(struct translation *t)
{
    struct template_result *r = t->result;

    if (!t->located || (r->latitude[0] && r->longitude[0]))
        return;
    r->latitude[0] = r->longitude[0] = 0;
    r->location_unusable = true;
}

bool template_translate(struct template *t, const uint8_t *payload, size_t length, struct writer *w,
                        struct template_result *result)
{
    struct translation translation = {
        .template = t, .payload = payload, .length = length, .w = w, .result = result};

    *result = (struct template_result){0};
    t->evaluation++;
    if (!run_block(&translation, t->block))
        return false;
    write_group(&translation, &t->root);
    check_location(&translation);
    if (!w->failed)
        return true;
    *result = (struct template_result){0};
    snprintf(result->failure, sizeof(result->failure), "the JSON is too long");
    return false;
}
