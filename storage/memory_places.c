#include "storage/memory_places.h"

#include "base/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct memory_place {
    uint32_t row;
    uint32_t at; /* in the texts */
};

static int grow(struct memory_places *p)
{
    size_t capacity = p->capacity ? p->capacity * (size_t)2 : 64;
    size_t room = p->room ? p->room * 2 : 64 * 64;
    void *grown;

    if (p->count == p->capacity) {
        grown = realloc(p->list, capacity * sizeof(*p->list));
        if (!grown)
            return -ENOMEM;
        p->list = grown;
        p->capacity = (uint32_t)capacity;
    }
    if (p->room - p->used < sizeof(struct location)) {
        if (room > UINT32_MAX)
            return -EFBIG;
        grown = realloc(p->texts, room);
        if (!grown)
            return -ENOMEM;
        p->texts = grown;
        p->room = room;
    }
    return 0;
}

static void write_text(struct writer *w, const char *text)
{
    writer_text(w, text);
    writer_u8(w, 0);
}

int memory_places_add(struct memory_places *p, uint32_t row, const struct location *location)
{
    struct writer w;
    int error = grow(p);

    if (error)
        return error;
    p->list[p->count++] = (struct memory_place){row, (uint32_t)p->used};
    w = writer_over(&p->texts[p->used], p->room - p->used);
    write_text(&w, location->longitude);
    write_text(&w, location->latitude);
    write_text(&w, location->source);
    write_text(&w, location->sample_time);
    p->used += writer_length(&w);
    return 0;
}

static int compare(const void *left, const void *right)
{
    const struct memory_place *a = left, *b = right;

    return a->row < b->row ? -1 : a->row > b->row;
}

/* Returns what is behind it. */
static const char *read_text(char *to, const char *text)
{
    size_t size = strlen(text) + 1;

    memcpy(to, text, size);
    return text + size;
}

bool memory_places_find(const struct memory_places *p, uint32_t row, struct location *location)
{
    const struct memory_place wanted = {.row = row};
    const struct memory_place *found =
        p->count ? bsearch(&wanted, p->list, p->count, sizeof(wanted), compare) : NULL;
    const char *text;

    if (!found)
        return false;
    text = &p->texts[found->at];
    text = read_text(location->longitude, text);
    text = read_text(location->latitude, text);
    text = read_text(location->source, text);
    read_text(location->sample_time, text);
    return true;
}

void memory_places_deinit(struct memory_places *p)
{
    free(p->list);
    free(p->texts);
    *p = (struct memory_places){0};
}
