#include "storage/memory_files.h"

#include "storage/memory_kept.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int memory_files_load_devices(struct memory_files *f, const char *path,
                              struct template_names *names, char **error)
{
    int result;

    *f = (struct memory_files){.table = {.count = 0}};
    *error = NULL;
    result = memory_keys_init(&f->keys);
    if (!result)
        result = memory_locations_init(&f->locations);
    if (!result)
        result = memory_table_load(&f->table, path, &f->keys, names, error);
    if (!result)
        result = memory_templates_load(&f->templates, path, names, error);
    return result;
}

int memory_files_load_state(struct memory_files *f, const char *path, char **error)
{
    uint32_t line;
    int result = memory_kept_read(path, &f->keys, &f->locations, &line), length = 0;

    *error = NULL;
    if (result == -EINVAL)
        length = asprintf(error, "%s:%" PRIu32 ": this is no line of what is kept", path, line);
    else if (result < 0)
        length = asprintf(error, "%s: %s", path, strerror(-result));
    if (length < 0)
        *error = NULL;
    return result;
}

char *memory_files_state_path(const char *path)
{
    char *state;

    return asprintf(&state, "%s.state", path) < 0 ? NULL : state;
}

int memory_files_load(struct memory_files *f, const char *path, struct template_names *names,
                      char **error)
{
    int result = memory_files_load_devices(f, path, names, error);
    char *state = NULL;

    if (result < 0)
        return result;
    state = memory_files_state_path(path);
    result = state ? memory_files_load_state(f, state, error) : -ENOMEM;
    free(state);
    return result;
}

void memory_files_deinit(struct memory_files *f)
{
    memory_table_deinit(&f->table);
    memory_templates_deinit(&f->templates);
    memory_keys_deinit(&f->keys);
    memory_locations_deinit(&f->locations);
}

bool memory_files_location(struct memory_files *f, const char *iccid, struct location *location)
{
    return memory_find_location(&f->table, &f->locations, iccid, location);
}

bool memory_find_location(const struct memory_table *table, struct memory_locations *locations,
                          const char *iccid, struct location *location)
{
    const struct memory_row *row;
    uint64_t offset;

    if (memory_locations_find(locations, iccid, location))
        return *location->longitude;
    row = iccid_index_find(&table->by_iccid, iccid, &offset);
    return row && memory_table_location(table, row, location);
}
