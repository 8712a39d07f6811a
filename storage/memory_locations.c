#include "storage/memory_locations.h"

#include "base/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCATION  "location"
#define NOWHERE   "nowhere"
#define FORGOTTEN "forgotten"
#define UNKNOWN   "-"

#define BATCH 256 /* devices that are written at a time */

struct memory_location {
    struct iccid_entry entry;
    bool is_forgotten;
    struct location location; /* a longitude of "": nowhere */
    struct list_node unwritten;
};

int memory_locations_init(struct memory_locations *l)
{
    *l = (struct memory_locations){0};
    pthread_mutex_init(&l->lock, NULL);
    list_init(&l->unwritten);
    return iccid_map_init(&l->map);
}

static void release(struct iccid_entry *entry)
{
    free(entry);
}

void memory_locations_deinit(struct memory_locations *l)
{
    iccid_map_deinit(&l->map, release);
}

/* The device's entry, made where there is none; NULL when there is no memory. */
static struct memory_location *entry_of(struct memory_locations *l, const char *iccid)
{
    struct memory_location *e = (struct memory_location *)iccid_map_find(&l->map, iccid);

    if (e)
        return e;
    e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    snprintf(e->entry.iccid, sizeof(e->entry.iccid), "%s", iccid);
    if (iccid_map_add(&l->map, &e->entry) == 0)
        return e;
    free(e);
    return NULL;
}

bool memory_locations_are(const char *what)
{
    return strcmp(what, LOCATION) == 0 || strcmp(what, NOWHERE) == 0 ||
           strcmp(what, FORGOTTEN) == 0;
}

/* The next word of a line, "" for what is not known. False when there is none or it does not fit.
 */
static bool take_word(char **rest, char *to, size_t room)
{
    const char *word = strsep(rest, " ");

    if (!word || strlen(word) >= room)
        return false;
    memcpy(to, word, strlen(word) + 1);
    if (strcmp(word, UNKNOWN) == 0)
        *to = 0;
    return true;
}

static bool read_location(struct location *l, char *rest)
{
    return take_word(&rest, l->longitude, sizeof(l->longitude)) &&
           take_word(&rest, l->latitude, sizeof(l->latitude)) &&
           take_word(&rest, l->source, sizeof(l->source)) &&
           take_word(&rest, l->sample_time, sizeof(l->sample_time)) && !rest &&
           location_is_legal(l);
}

bool memory_locations_take(struct memory_locations *l, const char *iccid, const char *what,
                           char *rest)
{
    struct location location = {.longitude = ""};
    struct memory_location *e;

    if (strcmp(what, LOCATION) != 0 ? rest != NULL : !rest || !read_location(&location, rest))
        return false;
    e = entry_of(l, iccid);
    if (e) {
        e->location = location;
        e->is_forgotten = strcmp(what, FORGOTTEN) == 0;
    }
    return e != NULL;
}

size_t memory_locations_format(const char *iccid, const struct location *location,
                               char text[MEMORY_LOCATION_LINE])
{
    struct writer w = writer_over(text, MEMORY_LOCATION_LINE);
    const struct location *l = location;

    if (!l || !*l->longitude)
        writer_format(&w, "%s " NOWHERE "\n", iccid);
    else
        writer_format(&w, "%s " LOCATION " %s %s %s %s\n", iccid, l->longitude, l->latitude,
                      *l->source ? l->source : UNKNOWN, *l->sample_time ? l->sample_time : UNKNOWN);
    return writer_length(&w);
}

size_t memory_locations_format_forgotten(const char *iccid, char text[MEMORY_LOCATION_LINE])
{
    return (size_t)snprintf(text, MEMORY_LOCATION_LINE, "%s " FORGOTTEN "\n", iccid);
}

int memory_locations_each(struct memory_locations *l,
                          int (*take)(void *context, const char *text, size_t length),
                          void *context)
{
    char text[MEMORY_LOCATION_LINE];
    int result = 0;

    for (uint32_t i = 0; result >= 0 && i <= l->map.mask; i++) {
        const struct memory_location *e = (const struct memory_location *)l->map.slots[i];

        if (e && !e->is_forgotten)
            result =
                take(context, text, memory_locations_format(e->entry.iccid, &e->location, text));
    }
    return result < 0 ? result : 0;
}

bool memory_locations_find(struct memory_locations *l, const char *iccid, struct location *location)
{
    const struct memory_location *e;
    bool is_said;

    pthread_mutex_lock(&l->lock);
    e = (const struct memory_location *)iccid_map_find(&l->map, iccid);
    is_said = e && !e->is_forgotten;
    if (is_said)
        *location = e->location;
    pthread_mutex_unlock(&l->lock);
    return is_said;
}

static int set(struct memory_locations *l, const char *iccid, const struct location *location)
{
    struct memory_location *e = entry_of(l, iccid);

    if (!e)
        return -ENOMEM;
    e->location = *location;
    e->is_forgotten = false;
    list_remove(&e->unwritten); /* it may be in a batch that is being written */
    list_append(&l->unwritten, &e->unwritten);
    return 0;
}

int memory_locations_set(struct memory_locations *l, const char *iccid,
                         const struct location *location)
{
    int result;

    pthread_mutex_lock(&l->lock);
    result = set(l, iccid, location);
    if (result == 0 && !l->has_writer) {
        l->has_writer = true;
        result = 1;
    }
    pthread_mutex_unlock(&l->lock);
    return result;
}

/* Moves the oldest entries to a batch, and formats their lines. */
static void begin_batch(struct memory_locations *l, struct list *batch, struct writer *w)
{
    char line[MEMORY_LOCATION_LINE];
    struct list_node *node;

    pthread_mutex_lock(&l->lock);
    for (unsigned i = 0; i < BATCH && (node = list_first(&l->unwritten)); i++) {
        const struct memory_location *e = container_of(node, struct memory_location, unwritten);

        writer_bytes(w, line, memory_locations_format(e->entry.iccid, &e->location, line));
        list_remove(node);
        list_append(batch, node);
    }
    if (list_is_empty(batch))
        l->has_writer = false;
    pthread_mutex_unlock(&l->lock);
}

/* Lets go of a batch, or puts it back. */
static void end_batch(struct memory_locations *l, struct list *batch, bool failed)
{
    struct list_node *node;

    pthread_mutex_lock(&l->lock);
    while ((node = list_first(batch))) {
        list_remove(node);
        if (failed)
            list_append(&l->unwritten, node);
    }
    if (failed)
        l->has_writer = false;
    pthread_mutex_unlock(&l->lock);
}

/* 1 when there was something to write, 0, or -errno. */
static int keep_batch(struct memory_locations *l, struct memory_state *state)
{
    char text[BATCH * MEMORY_LOCATION_LINE];
    struct writer w = writer_over(text, sizeof(text));
    struct list batch;
    int error = 0;

    list_init(&batch);
    memory_state_lock(state); /* also so that nothing is replaced meanwhile */
    begin_batch(l, &batch, &w);
    if (writer_length(&w))
        error = memory_state_append(state, text, writer_length(&w));
    end_batch(l, &batch, error != 0);
    memory_state_unlock(state);
    return error ? error : writer_length(&w) > 0;
}

int memory_locations_keep(struct memory_locations *l, struct memory_state *state)
{
    int result;

    do
        result = keep_batch(l, state);
    while (result > 0);
    return result;
}

void memory_locations_give_up(struct memory_locations *l)
{
    pthread_mutex_lock(&l->lock);
    l->has_writer = false;
    pthread_mutex_unlock(&l->lock);
}

int memory_locations_replace(struct memory_locations *l, struct memory_locations *next)
{
    struct iccid_map map;
    struct list_node *node;
    int error = 0;

    pthread_mutex_lock(&l->lock);
    for (node = l->unwritten.head.next; !error && node != &l->unwritten.head; node = node->next) {
        const struct memory_location *e = container_of(node, struct memory_location, unwritten);

        error = set(next, e->entry.iccid, &e->location);
    }
    if (!error) {
        map = l->map;
        l->map = next->map;
        next->map = map;
        list_init(&l->unwritten); /* the old entries are only freed */
        while ((node = list_first(&next->unwritten))) {
            list_remove(node);
            list_append(&l->unwritten, node);
        }
    }
    pthread_mutex_unlock(&l->lock);
    return error;
}
