#include "storage/iccid_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 1024

int iccid_map_init(struct iccid_map *m)
{
    *m = (struct iccid_map){.mask = SLOTS_MIN - 1};
    m->slots = calloc(SLOTS_MIN, sizeof(struct iccid_entry *));
    return m->slots ? hash_key_draw(&m->key) : -ENOMEM;
}

void iccid_map_deinit(struct iccid_map *m, void (*release)(struct iccid_entry *entry))
{
    for (uint32_t i = 0; m->slots && release && i <= m->mask; i++)
        if (m->slots[i])
            release(m->slots[i]);
    free(m->slots);
    *m = (struct iccid_map){0};
}

static struct iccid_entry **slot_of(const struct iccid_map *m, const char *iccid)
{
    uint64_t at = keyed_hash(&m->key, iccid, strlen(iccid));

    while (m->slots[at & m->mask] && strcmp(m->slots[at & m->mask]->iccid, iccid) != 0)
        at++;
    return &m->slots[at & m->mask];
}

struct iccid_entry *iccid_map_find(const struct iccid_map *m, const char *iccid)
{
    return *slot_of(m, iccid);
}

/* At most half of the slots are used, so a probe soon comes to a free one. */
static int grow(struct iccid_map *m)
{
    struct iccid_map larger = *m;

    if (m->count < m->mask / 2)
        return 0;
    larger.mask = m->mask * 2 + 1;
    larger.slots = calloc((size_t)larger.mask + 1, sizeof(struct iccid_entry *));
    if (!larger.slots)
        return -ENOMEM;
    for (uint32_t i = 0; i <= m->mask; i++)
        if (m->slots[i])
            *slot_of(&larger, m->slots[i]->iccid) = m->slots[i];
    free(m->slots);
    m->slots = larger.slots;
    m->mask = larger.mask;
    return 0;
}

int iccid_map_add(struct iccid_map *m, struct iccid_entry *entry)
{
    int error = grow(m);

    if (error)
        return error;
    *slot_of(m, entry->iccid) = entry;
    m->count++;
    return 0;
}
