#include "storage/redis/changes.h"

#include "base/keyed_hash.h"

/* Who may write to Redis has better ways to harm than names that collide, so the key is no secret.
 */
static const struct hash_key key = {{1, 2}};

static uint64_t place_of(const void *name, size_t length)
{
    return keyed_hash(&key, name, length) & (CHANGES_PLACES - 1);
}

void changes_note(struct changes *c, const void *name, size_t length)
{
    c->places[place_of(name, length)] = ++c->latest;
}

void changes_note_all(struct changes *c)
{
    c->everything = ++c->latest;
}

bool changes_since(const struct changes *c, uint64_t latest, const void *name, size_t length)
{
    if (c->latest == latest)
        return false;
    return c->everything > latest || c->places[place_of(name, length)] > latest;
}
