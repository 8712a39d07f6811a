/*
 * The devices' keys of the memory store, by ICCID. What was generated, and what a handshake proved,
 * is kept as lines of FILE.csv.state (docs/memory-store.md) and read back at the start; keys of
 * users come from the devices' file and are not in it. A line may also say that keys are over.
 *
 * Loaded by one thread. Then any thread may call, since a lock is held; memory_keys_keep() waits
 * for the disk and belongs on a thread that may.
 */
#ifndef SIMGATE_STORAGE_MEMORY_KEYS_H
#define SIMGATE_STORAGE_MEMORY_KEYS_H

#include "base/list.h"
#include "storage/iccid_map.h"
#include "storage/memory_state.h"
#include "storage/store.h"

#include <pthread.h>

/* Room for all lines of a device. */
#define MEMORY_KEYS_LINES (3 * (DEVICE_ICCID_MAX + 64) + 2 * PSK_TEXT_MAX)

struct memory_keys {
    pthread_mutex_t lock;
    struct iccid_map map;
    struct list unkept; /* entries that the disk does not have as they are */
};

/* Returns 0 or -errno. */
int memory_keys_init(struct memory_keys *k);

/* Accepts zeros, and what a failed memory_keys_init() left behind. */
void memory_keys_deinit(struct memory_keys *k);

/* A key that a user set. Returns 0 or -ENOMEM. */
int memory_keys_set(struct memory_keys *k, const char *iccid, const struct psk *key);

/* Takes what a line says of a device's keys, after those of users: `what` and what is behind it, or
 * NULL. False when it makes no sense. */
bool memory_keys_take(struct memory_keys *k, const char *iccid, char *what, char *rest);

/* A line that ends a device's keys, at `wall_ms`. Returns its length. */
size_t memory_keys_format_reset(const char *iccid, uint64_t wall_ms, char text[MEMORY_KEYS_LINES]);

/* The lines that say what is known of each device, one device at a time. A negative value ends it,
 * and is returned. */
int memory_keys_each(struct memory_keys *k,
                     int (*take)(void *context, const char *text, size_t length), void *context);

/* The keys of a device. False when it has none. */
bool memory_keys_find(struct memory_keys *k, const char *iccid, struct psk_record *record);

/* A bootstrap call. 1 when its key is to be kept before it is told, 0, or -errno. */
int memory_keys_bootstrap(struct memory_keys *k, const char *iccid, uint64_t wall_ms,
                          struct psk_record *record);

/* A handshake proved a key. 1 when that is to be kept, 0, or -errno. */
int memory_keys_prove(struct memory_keys *k, const char *iccid, const struct psk *key);

/* Writes what is known of a device to the file, and waits until the disk has it where that is asked
 * for. Returns 0 or -errno. */
int memory_keys_keep(struct memory_keys *k, struct memory_state *state, const char *iccid,
                     bool wait);

/* Has what was loaded take the place of what is in use, but for keys that are not kept yet. The
 * state is locked. Returns 0 or -ENOMEM, and nothing has changed. `next` then has what was in use.
 */
int memory_keys_replace(struct memory_keys *k, struct memory_keys *next);

/* Calls `changed` for each device of which a user changed or reset a key between `before`, which is
 * nobody else's any more, and `k`, which is in use. A negative value ends it, and is returned. */
int memory_keys_compare(const struct memory_keys *before, struct memory_keys *k,
                        int (*changed)(void *context, const char *iccid), void *context);

#endif
