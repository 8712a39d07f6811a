/*
 * All that a memory store has in files, read at once: the devices' file, what was kept of keys and
 * locations beside it, and the templates. What a gateway begins with and reads again on SIGHUP, and
 * what simgatectl looks into. One thread.
 */
#ifndef SIMGATE_STORAGE_MEMORY_FILES_H
#define SIMGATE_STORAGE_MEMORY_FILES_H

#include "storage/memory_keys.h"
#include "storage/memory_locations.h"
#include "storage/memory_table.h"
#include "storage/memory_templates.h"

struct memory_files {
    struct memory_table table; /* with the locations of its rows */
    struct memory_keys keys;
    struct memory_locations locations; /* that were said later: they win over those of rows */
    struct memory_templates templates;
};

/*
 * Reads the files of the devices' file `path`, none of which is changed. `names` numbers the
 * templates that devices name; without it they have no numbers. Errors: -EINVAL, -ENOMEM, -errno;
 * `*error` then is a text for the user, a line for each thing that is wrong, that the caller frees,
 * or NULL when there was no memory for it.
 */
int memory_files_load(struct memory_files *f, const char *path, struct template_names *names,
                      char **error);

/* The two halves of it: what users write; then FILE.csv.state, by its own path. */
int memory_files_load_devices(struct memory_files *f, const char *path,
                              struct template_names *names, char **error);
int memory_files_load_state(struct memory_files *f, const char *path, char **error);

/* The path of FILE.csv.state, which the caller frees. NULL when there is no memory. */
char *memory_files_state_path(const char *path);

/* Accepts what a failed memory_files_load() left behind. */
void memory_files_deinit(struct memory_files *f);

/* Where a device is. False when nobody said so, or that nobody knows. The second is for who has the
 * tables elsewhere. */
bool memory_files_location(struct memory_files *f, const char *iccid, struct location *location);
bool memory_find_location(const struct memory_table *table, struct memory_locations *locations,
                          const char *iccid, struct location *location);

#endif
