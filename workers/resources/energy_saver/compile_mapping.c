#include "workers/resources/energy_saver/compiler.h"
#include "workers/resources/energy_saver/json_text.h"

#include <errno.h>
#include <string.h>

static int refuse_asset(struct compiler *c, struct place asset, int why, const char *shown)
{
    switch (why) {
    case ASSET_EMPTY_SEGMENT:
        return compiler_refuse(c, asset,
                               "\"asset\" is one name or more, with single dots between them");
    case ASSET_TOO_DEEP:
        return compiler_refuse(c, asset, "\"asset\" has more than %d names with dots between them",
                               ASSET_SEGMENTS_MAX);
    case ASSET_BELOW_VALUE:
        return compiler_refuse(c, asset, "a part of \"%s\" is an asset with a value of its own",
                               shown);
    default:
        return compiler_refuse(c, asset, "\"%s\" has other assets in it, so it can have no value",
                               shown);
    }
}

static int read_asset(struct compiler *c, struct place asset, struct mapping *m)
{
    struct arena *arena = &c->template->arena;
    const char *path = json_string_value(asset.json);
    size_t length = json_string_length(asset.json);
    char shown[ASSET_SHOWN + 1];
    int result;

    if (!path)
        return compiler_refuse(c, asset, "\"asset\" is a string");
    if (memchr(path, 0, length)) /* many who read JSON, jansson among them, refuse such a key */
        return compiler_refuse(c, asset, "\"asset\" cannot have \\u0000 in it");
    json_text_show(shown, sizeof(shown), path, length);
    m->shown = arena_copy(arena, shown, strlen(shown));
    if (!m->shown)
        return -ENOMEM;
    result = asset_add(&c->template->root, arena, path, length, &m->asset);
    return result > 0 ? refuse_asset(c, asset, result, shown) : result;
}

static int read_value(struct compiler *c, struct place value, struct mapping *m)
{
    const char *text;

    if (json_is_object(value.json))
        return compile_selector(c, value, &m->selector);
    if (json_is_array(value.json))
        return compiler_refuse(c, value,
                               "\"value\" is a selector, a string, a number, true, false "
                               "or null");
    text = compiler_text(c, value, &m->constant_length);
    m->constant = arena_copy(&c->template->arena, text, m->constant_length);
    return m->constant ? 0 : -ENOMEM;
}

/* Other custom types may have a meaning elsewhere, and have none here. */
static int read_custom_type(struct compiler *c, struct place type, struct mapping *m)
{
    if (!type.json)
        return 0;
    if (!json_is_string(type.json))
        return compiler_refuse(c, type, "\"custom_type\" is a string");
    if (compiler_is_string(type, "location_lat"))
        m->location = MAPPING_LATITUDE;
    else if (compiler_is_string(type, "location_long"))
        m->location = MAPPING_LONGITUDE;
    return 0;
}

int compile_mapping(struct compiler *c, struct place statement, struct mapping *m)
{
    struct place asset = outline_member(&c->outline, statement, "asset");
    struct place value = outline_member(&c->outline, statement, "value");
    struct place type = outline_member(&c->outline, statement, "custom_type");
    int result = read_asset(c, asset, m);

    if (result)
        return result;
    if (!value.json)
        return compiler_refuse(c, statement, "the mapping has no \"value\"");
    result = read_value(c, value, m);
    return result ? result : read_custom_type(c, type, m);
}
