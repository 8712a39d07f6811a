/*
 * What the commands have in common that look into the files of a memory store. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_MEMORY_DEVICES_H
#define SIMGATE_STORAGE_CTL_MEMORY_DEVICES_H

#include "storage/ctl/arguments.h"
#include "storage/device_csv.h"
#include "storage/memory_files.h"

/* The path of the devices' file that --store names. NULL after a complaint. */
const char *ctl_memory_path(const struct ctl_arguments *a);

/* Loads the devices' file, which checks it as a gateway does. Returns an enum ctl_exit, after a
 * complaint where that is not CTL_OK. */
int ctl_memory_load(struct memory_table *table, const char *path);

/* The same with what is kept beside the file: keys and locations. */
int ctl_memory_load_files(struct memory_files *files, const char *path);

/* Reads a file that was loaded once more, for what the table leaves out. `take` ends it with
 * -ECANCELED. False after a complaint. */
bool ctl_memory_rows(const char *path, device_row_fn *take, void *context);

/* Says, behind what was done to the files, when it counts. */
void ctl_memory_note(void);

/* Says what became of a change by memory_edit.h, but for what was done; frees the error. Returns an
 * enum ctl_exit. */
int ctl_memory_changed(int result, char *error);

/* "10.0.0.1", "10.0.0.0/8", "fd00::/64". Returns `text`. */
const char *ctl_format_prefix(const struct net_prefix *p, char text[NET_ADDRESS_TEXT]);

/* How many devices a row's address stands for; all 2^64 of ::/0 are one too many to count. */
uint64_t ctl_devices_in(const struct net_prefix *prefix);

#endif
