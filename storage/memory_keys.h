/*
 * The devices' keys of the memory store, by ICCID. What was generated, and what a handshake proved,
 * is kept in an append-only file of lines (docs/memory-store.md) and read back at the start; keys
 * of users come from the devices' file and are not in it.
 *
 * Loaded by one thread. Then any thread may call, since a lock is held; memory_keys_keep() waits
 * for the disk and belongs on a thread that may.
 */
#ifndef SIMGATE_STORAGE_MEMORY_KEYS_H
#define SIMGATE_STORAGE_MEMORY_KEYS_H

#include "base/keyed_hash.h"
#include "storage/store.h"

#include <pthread.h>

struct memory_key;

struct memory_keys {
    pthread_mutex_t lock;
    struct hash_key hash_key;
    struct memory_key **slots; /* open addressing */
    uint32_t mask;
    uint32_t count;
    char *path;
    int fd; /* -1 until there is something in it */
};

/* Returns 0 or -errno. */
int memory_keys_init(struct memory_keys *k, const char *path);

void memory_keys_deinit(struct memory_keys *k);

/* A key that a user set. Returns 0 or -ENOMEM. */
int memory_keys_set(struct memory_keys *k, const char *iccid, const struct psk *key);

/*
 * Reads the file, after the users' keys; there need not be one, and it need not be writable. A
 * last line that was not written whole is cut off. Errors: -EINVAL, with the number of the wrong
 * line in `*line`; -errno.
 */
int memory_keys_load(struct memory_keys *k, uint32_t *line);

/* The keys of a device. False when it has none. */
bool memory_keys_find(struct memory_keys *k, const char *iccid, struct psk_record *record);

/* A bootstrap call. 1 when its key is to be kept before it is told, 0, or -errno. */
int memory_keys_bootstrap(struct memory_keys *k, const char *iccid, uint64_t wall_ms,
                          struct psk_record *record);

/* A handshake proved a key. 1 when that is to be kept, 0, or -errno. */
int memory_keys_prove(struct memory_keys *k, const char *iccid, const struct psk *key);

/* Writes what is known of a device to the file, and waits until the disk has it where that is asked
 * for. Returns 0 or -errno. */
int memory_keys_keep(struct memory_keys *k, const char *iccid, bool wait);

#endif
