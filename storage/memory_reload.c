#include "storage/memory_reload.h"

#include <errno.h>
#include <stdlib.h>

struct rekeying {
    struct memory_snapshot *snapshot;
    uint64_t epoch;
    uint32_t count;
};

static int note_rekeyed(void *context, const char *iccid)
{
    struct rekeying *r = context;

    r->count++;
    return memory_snapshot_set_epoch(r->snapshot, iccid, r->epoch);
}

/*
 * What is kept is read while nobody writes, or something written meanwhile would be missed; what
 * changes in memory meanwhile is carried over. The snapshot takes what else was read.
 */
static int take_files(struct memory_store *m, struct memory_files *files,
                      struct memory_snapshot **snapshot, char **error)
{
    int result;

    memory_state_lock(&m->state);
    result = memory_files_load_state(files, m->state.path, error);
    if (result == 0) {
        *snapshot = memory_snapshot_new(files);
        result = *snapshot ? memory_snapshot_copy_epochs(*snapshot, m->snapshot) : -ENOMEM;
    }
    if (result == 0)
        result = memory_keys_replace(&m->keys, &files->keys);
    if (result == 0)
        result = memory_locations_replace(&m->locations, &files->locations);
    memory_state_unlock(&m->state);
    return result;
}

/*
 * New keys are in force before the new epochs: an association that is made in between is ended,
 * while the other way round one would stay that was made with an old key.
 */
static int reload(struct memory_store *m, struct memory_files *files, char **error)
{
    struct rekeying r = {.epoch = m->reloads + 1};
    int result = memory_files_load_devices(files, m->path, &m->names, error);

    if (result == 0)
        result = take_files(m, files, &r.snapshot, error);
    if (result == 0)
        result = memory_keys_compare(&files->keys, &m->keys, note_rekeyed, &r);
    if (result == 0) {
        m->reloads++;
        memory_sessions_hand_out(m, r.snapshot);
        log_info(m->log, "read again: %s: %u row%s, %u template%s; keys changed by users: %u",
                 m->path, r.snapshot->table.count, r.snapshot->table.count == 1 ? "" : "s",
                 r.snapshot->templates.count, r.snapshot->templates.count == 1 ? "" : "s", r.count);
    }
    memory_snapshot_release(r.snapshot);
    return result;
}

int memory_reload(struct store *store, char **error)
{
    struct memory_files files;
    int result = reload((struct memory_store *)store, &files, error);

    memory_files_deinit(&files); /* what was in use until now */
    return result;
}
