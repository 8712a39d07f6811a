/*
 * What the files of a memory store said when they were read last: devices and templates. A snapshot
 * is never changed once it is in use, so that sessions look into it without a lock; each session
 * holds the one that it looks into, and the last who lets go of it frees it.
 */
#ifndef SIMGATE_STORAGE_MEMORY_SNAPSHOT_H
#define SIMGATE_STORAGE_MEMORY_SNAPSHOT_H

#include "storage/iccid_map.h"
#include "storage/memory_files.h"

struct memory_snapshot {
    _Atomic uint32_t holders;
    struct memory_table table;
    struct memory_templates templates;
    struct iccid_map epochs; /* of devices whose keys a user changed since the store was opened */
};

/* Takes the devices and templates out of what was read; the caller holds it. NULL when there is no
 * memory, and the files are as they were. */
struct memory_snapshot *memory_snapshot_new(struct memory_files *files);

void memory_snapshot_hold(struct memory_snapshot *s);

/* NULL is accepted. Any thread. */
void memory_snapshot_release(struct memory_snapshot *s);

/* Before it is in use: gives a device another epoch; and those that devices had. Return 0 or
 * -ENOMEM.
 */
int memory_snapshot_set_epoch(struct memory_snapshot *s, const char *iccid, uint64_t epoch);
int memory_snapshot_copy_epochs(struct memory_snapshot *s, const struct memory_snapshot *from);

/* 0 where a device has none. */
uint64_t memory_snapshot_epoch(const struct memory_snapshot *s, const char *iccid);

#endif
