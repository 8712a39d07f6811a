/*
 * The devices of a file, found by address. Rows are keyed by their prefix, a lone address being one
 * of full length, in one open-addressing hash table; a look-up tries each length that occurs in the
 * address's family, the longest first. So one address and a million of them cost the same, and a
 * million IPv6 /64s do, too. Rows are found by ICCID as well, in an index that is sorted by it.
 *
 * Built by one thread, then never changed: any thread may look up, without a lock.
 */
#ifndef SIMGATE_STORAGE_MEMORY_TABLE_H
#define SIMGATE_STORAGE_MEMORY_TABLE_H

#include "base/keyed_hash.h"
#include "base/net_address.h"
#include "storage/iccid_index.h"
#include "storage/memory_places.h"
#include "storage/store.h"
#include "storage/template_names.h"

#include <stdbool.h>
#include <stdint.h>

/* One cache line's worth: what struct device needs, and no more. */
struct memory_row {
    struct net_prefix prefix;
    char iccid[DEVICE_ICCID_MAX + 1]; /* of the first device */
    char imsi[DEVICE_IMSI_MAX + 1];   /* of the first device, or "" */
    bool active;
    bool location_allowed;
    uint16_t template; /* its number */
    uint32_t line;     /* of the file */
};

/* The prefix lengths that occur in one address family, the longest first. */
struct memory_lengths {
    uint8_t bits[129];
    uint8_t count;
};

struct memory_table {
    struct hash_key key;
    struct memory_row *rows; /* in the file's order */
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* a row's index plus 1, or 0: free */
    uint32_t mask;
    struct memory_lengths lengths[2]; /* IPv6, IPv4 */
    struct iccid_index by_iccid;
    struct memory_places places;
};

struct memory_keys;

/*
 * Loads a file of devices, and gives `keys`, unless that is NULL, the keys that users set. `names`
 * numbers the templates that rows name; without it no row has one. `*error` is a text for the user
 * that the caller frees, when the result is not 0, or NULL when there was no memory for it. Errors:
 * -EINVAL (the text names every wrong line, or the first of many), -ENOMEM, -errno of the file.
 */
int memory_table_load(struct memory_table *t, const char *path, struct memory_keys *keys,
                      struct template_names *names, char **error);

/* Accepts what a failed memory_table_load() left behind. */
void memory_table_deinit(struct memory_table *t);

/* The row that stands for the address, or NULL. */
const struct memory_row *memory_table_find(const struct memory_table *t, const uint8_t ip[16]);

/* Where the devices of a row are, as the file has it. False when it does not say. */
bool memory_table_location(const struct memory_table *t, const struct memory_row *row,
                           struct location *location);

/* The device of a row that has this number, counted from 0. */
struct device memory_row_device(const struct memory_row *row, uint64_t offset);

#endif
