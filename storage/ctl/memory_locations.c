/* Locations where the store is a devices' file: columns of its rows, and what was said later. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/ctl_store.h"
#include "storage/memory_edit.h"
#include "storage/memory_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Loads the files, unless that was done. Returns an enum ctl_exit. */
static int load(struct ctl_store *s)
{
    char *error = NULL;
    int result = 0;

    if (s->files)
        return CTL_OK;
    s->files = calloc(1, sizeof(*s->files));
    result = s->files ? memory_files_load(s->files, s->path, NULL, &error) : -ENOMEM;
    return result < 0 ? ctl_store_complain(result, error) : CTL_OK;
}

static int find_device(struct ctl_store *s, const char *iccid)
{
    int code = load(s);
    uint64_t offset;

    if (code != CTL_OK)
        return code;
    return iccid_index_find(&s->files->table.by_iccid, iccid, &offset) ? CTL_OK : CTL_ABSENT;
}

static int read_location(struct ctl_store *s, const char *iccid, struct ctl_location *location)
{
    int code = load(s);
    struct location l;

    if (code != CTL_OK)
        return code;
    if (!memory_files_location(s->files, iccid, &l))
        return CTL_ABSENT;
    memcpy(location->longitude, l.longitude, sizeof(l.longitude));
    memcpy(location->latitude, l.latitude, sizeof(l.latitude));
    memcpy(location->source, l.source, sizeof(l.source));
    memcpy(location->sample_time, l.sample_time, sizeof(l.sample_time));
    return CTL_OK;
}

static int write_location(struct ctl_store *s, const char *iccid, const struct location *location)
{
    char *error = NULL;
    int result = memory_edit_set_location(s->path, iccid, location, &error);

    return result < 0 ? ctl_store_complain(result, error) : CTL_OK;
}

/* A device that is not there has none, either. */
static int remove_location(struct ctl_store *s, const char *iccid)
{
    char *error = NULL;
    int result = memory_edit_clear_location(s->path, iccid, &error);

    if (result == -ENOENT || result == MEMORY_EDIT_UNCHANGED) {
        free(error);
        return CTL_ABSENT;
    }
    return result < 0 ? ctl_store_complain(result, error) : CTL_OK;
}

const struct ctl_location_ops ctl_memory_locations = {
    .find_device = find_device,
    .read = read_location,
    .write = write_location,
    .remove = remove_location,
};
