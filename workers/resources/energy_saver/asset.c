#include "workers/resources/energy_saver/asset.h"

#include "workers/resources/energy_saver/json_text.h"

#include <errno.h>
#include <string.h>

static struct asset *find(const struct asset *group, const char *name, size_t length)
{
    struct asset *a = group->first;

    while (a && (a->name_length != length || memcmp(a->name, name, length) != 0))
        a = a->next;
    return a;
}

static int make_key(struct asset *a, struct arena *arena)
{
    size_t room = 6 * a->name_length + 3; /* quotes and colon; an escape has six characters */
    char *key = arena_alloc(arena, room);
    struct writer w = writer_over(key, key ? room : 0);

    if (!key)
        return -ENOMEM;
    json_text_write(&w, (const uint8_t *)a->name, a->name_length);
    writer_u8(&w, ':');
    a->key = key;
    a->key_length = writer_length(&w);
    return 0;
}

static struct asset *add(struct asset *group, struct arena *arena, const char *name, size_t length)
{
    struct asset *a = arena_alloc(arena, sizeof(*a));

    if (!a)
        return NULL;
    a->name = arena_copy(arena, name, length);
    a->name_length = length;
    a->parent = group;
    if (!a->name || make_key(a, arena))
        return NULL;
    if (group->last)
        group->last->next = a;
    else
        group->first = a;
    group->last = a;
    return a;
}

int asset_add(struct asset *root, struct arena *arena, const char *path, size_t length,
              struct asset **value)
{
    const char *end = path + length;
    struct asset *a = root;

    for (unsigned segments = 1;; segments++) {
        const char *dot = memchr(path, '.', (size_t)(end - path));
        size_t segment = (size_t)((dot ? dot : end) - path);
        struct asset *group = a;

        if (!segment)
            return ASSET_EMPTY_SEGMENT;
        if (segments > ASSET_SEGMENTS_MAX)
            return ASSET_TOO_DEEP;
        if (group->is_value)
            return ASSET_BELOW_VALUE;
        a = find(group, path, segment);
        if (!a && !(a = add(group, arena, path, segment)))
            return -ENOMEM;
        if (!dot)
            break;
        path = dot + 1;
    }
    if (a->first)
        return ASSET_IS_GROUP;
    a->is_value = true;
    *value = a;
    return ASSET_ADDED;
}
