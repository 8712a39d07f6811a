#include "workers/resources/energy_saver/outline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* Behind the closing quote of the string that begins at `i`. */
static size_t skip_string(const char *text, size_t length, size_t i)
{
    for (i++; i < length && text[i] != '"'; i++)
        if (text[i] == '\\')
            i++;
    return i + 1;
}

static size_t skip_word(const char *text, size_t length, size_t i)
{
    while (i < length && !strchr(",]} \t\r\n", text[i]))
        i++;
    return i;
}

static uint32_t add_node(struct outline *o, size_t from, size_t to)
{
    o->nodes[o->count] = (struct outline_node){
        .at = (uint32_t)from, .length = (uint32_t)(to - from), .next = o->count + 1};
    return o->count++;
}

/* While an object or array is open, its `next` is the one around it. */
static uint32_t close_node(struct outline *o, uint32_t open, size_t end)
{
    struct outline_node *node = &o->nodes[open];
    uint32_t around = node->next;

    node->length = (uint32_t)(end - node->at);
    node->next = o->count;
    return around;
}

static void find_nodes(struct outline *o, const char *text, size_t length)
{
    uint32_t open = NONE;
    size_t i = 0, end;

    while (i < length) {
        end = i + 1;
        if (text[i] == '{' || text[i] == '[') {
            uint32_t node = add_node(o, i, end);

            o->nodes[node].next = open;
            open = node;
        } else if (text[i] == '}' || text[i] == ']') {
            open = close_node(o, open, end);
        } else if (!strchr(",: \t\r\n", text[i])) {
            end = text[i] == '"' ? skip_string(text, length, i) : skip_word(text, length, i);
            add_node(o, i, end);
        }
        i = end;
    }
}

int outline_init(struct outline *o, const char *text, size_t length)
{
    /* behind each node comes a comma, a colon or a bracket that closes, but behind the root */
    *o = (struct outline){.text = text, .nodes = calloc(length / 2 + 1, sizeof(*o->nodes))};
    if (!o->nodes)
        return -ENOMEM;
    find_nodes(o, text, length);
    return 0;
}

void outline_deinit(struct outline *o)
{
    free(o->nodes);
    *o = (struct outline){0};
}

/* jansson knows best what a key means that has escapes in it. */
static bool is_escaped_key(const char *written, size_t length, const char *key)
{
    json_t *meant = json_loadb(written, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool same = meant && strcmp(json_string_value(meant), key) == 0;

    json_decref(meant);
    return same;
}

static bool is_key(const struct outline *o, uint32_t node, const char *key)
{
    const char *written = outline_text(o, node);
    size_t length = o->nodes[node].length;

    if (memchr(written, '\\', length))
        return is_escaped_key(written, length, key);
    return length == strlen(key) + 2 && memcmp(written + 1, key, length - 2) == 0;
}

struct place outline_member(const struct outline *o, struct place object, const char *key)
{
    struct place member = {.json = json_object_get(object.json, key), .node = object.node + 1};

    while (member.json && member.node < o->nodes[object.node].next) {
        uint32_t value = member.node + 1;

        if (is_key(o, member.node, key))
            return (struct place){.json = member.json, .node = value};
        member.node = o->nodes[value].next;
    }
    return (struct place){.json = NULL, .node = object.node};
}

struct place outline_first(const struct outline *o, struct place array)
{
    return (struct place){.json = json_array_get(array.json, 0), .node = array.node + 1};
}

struct place outline_next(const struct outline *o, struct place array, struct place element,
                          size_t index)
{
    return (struct place){.json = json_array_get(array.json, index),
                          .node = o->nodes[element.node].next};
}

void outline_position(const struct outline *o, uint32_t at, uint32_t *line, uint32_t *column)
{
    *line = *column = 1;
    for (uint32_t i = 0; i < at; i++) {
        if (o->text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((uint8_t)o->text[i] & 0xc0) != 0x80) { /* a character's first byte */
            ++*column;
        }
    }
}
