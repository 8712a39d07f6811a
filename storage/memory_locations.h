/*
 * Where devices are, as it was said since the devices' file was written: by devices themselves, or
 * by simgatectl. It wins over the file's columns, and is kept as lines of FILE.csv.state:
 *
 *     ICCID location LONGITUDE LATITUDE SOURCE TIME     "-" is not known
 *     ICCID nowhere       nobody knows, whatever the file's columns say
 *     ICCID forgotten     nothing was said: the columns count again
 *
 * Loaded by one thread. Then any thread may call, since a lock is held; memory_locations_keep()
 * writes to the disk and belongs on a thread that may. Devices say again and again where they are,
 * so nobody waits for that: what comes while something is being written is written together.
 */
#ifndef SIMGATE_STORAGE_MEMORY_LOCATIONS_H
#define SIMGATE_STORAGE_MEMORY_LOCATIONS_H

#include "base/list.h"
#include "storage/iccid_map.h"
#include "storage/location.h"
#include "storage/memory_state.h"

#include <pthread.h>

#define MEMORY_LOCATION_LINE 128 /* bytes, with a NUL */

struct memory_locations {
    pthread_mutex_t lock;
    struct iccid_map map;
    struct list unwritten; /* entries that the file does not have as they are */
    bool has_writer;       /* somebody is in memory_locations_keep(), or will be */
};

/* Returns 0 or -errno. */
int memory_locations_init(struct memory_locations *l);

/* Accepts zeros, and what a failed memory_locations_init() left behind. */
void memory_locations_deinit(struct memory_locations *l);

/* Takes what a line says of a device's location: `what` and what is behind it, or NULL. False when
 * it makes no sense. */
bool memory_locations_take(struct memory_locations *l, const char *iccid, const char *what,
                           char *rest);

/* Whether a line that says `what` is about a location. */
bool memory_locations_are(const char *what);

/* The line of a device; NULL is nowhere. And the one that says nothing. Return their lengths. */
size_t memory_locations_format(const char *iccid, const struct location *location,
                               char text[MEMORY_LOCATION_LINE]);
size_t memory_locations_format_forgotten(const char *iccid, char text[MEMORY_LOCATION_LINE]);

/* The line of each device of which something was said. A negative value ends it, and is returned.
 */
int memory_locations_each(struct memory_locations *l,
                          int (*take)(void *context, const char *text, size_t length),
                          void *context);

/* False when nothing was said of the device. A longitude of "" is that it is nowhere. */
bool memory_locations_find(struct memory_locations *l, const char *iccid,
                           struct location *location);

/* A device said where it is. 1 when somebody is to call memory_locations_keep(), 0, or -ENOMEM. */
int memory_locations_set(struct memory_locations *l, const char *iccid,
                         const struct location *location);

/* Writes what is not written, until there is nothing more. Returns 0, or -errno, after which it is
 * tried again when the next device says where it is. */
int memory_locations_keep(struct memory_locations *l, struct memory_state *state);

/* There will be no call of it after all. */
void memory_locations_give_up(struct memory_locations *l);

/* Has what was loaded take the place of what is in use, but for what is not written yet. The state
 * is locked. Returns 0 or -ENOMEM, and nothing has changed. `next` then has what was in use. */
int memory_locations_replace(struct memory_locations *l, struct memory_locations *next);

#endif
