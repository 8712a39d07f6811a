/*
 * Finds what belongs to an ICCID, in one step however many there are. Entries are their owner's,
 * who also frees them; they begin with a struct iccid_entry and stay where they are. One thread.
 */
#ifndef SIMGATE_STORAGE_ICCID_MAP_H
#define SIMGATE_STORAGE_ICCID_MAP_H

#include "base/keyed_hash.h"
#include "storage/store.h"

struct iccid_entry {
    char iccid[DEVICE_ICCID_MAX + 1];
};

struct iccid_map {
    struct hash_key key;
    struct iccid_entry **slots; /* open addressing; NULL: free */
    uint32_t mask;
    uint32_t count;
};

/* Returns 0 or -errno. */
int iccid_map_init(struct iccid_map *m);

/* Frees the map, and calls `release`, where that is not NULL, for each entry. Accepts zeros, and
 * what a failed iccid_map_init() left behind. */
void iccid_map_deinit(struct iccid_map *m, void (*release)(struct iccid_entry *entry));

/* NULL where there is none. */
struct iccid_entry *iccid_map_find(const struct iccid_map *m, const char *iccid);

/* Adds an entry whose ICCID has none yet. Returns 0 or -ENOMEM. */
int iccid_map_add(struct iccid_map *m, struct iccid_entry *entry);

#endif
