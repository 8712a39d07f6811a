#include "storage/memory.h"

#include "storage/memory_kept.h"
#include "storage/memory_reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void memory_close(struct store *store)
{
    struct memory_store *m = (struct memory_store *)store;

    memory_snapshot_release(m->snapshot);
    memory_keys_deinit(&m->keys);
    memory_locations_deinit(&m->locations);
    memory_state_deinit(&m->state);
    template_names_deinit(&m->names);
    free(m->path);
    free(m);
}

static enum store_state memory_state(const struct store *store)
{
    return STORE_UP;
}

static void memory_count(const struct store *store, uint64_t sums[STORE_COUNTERS])
{
}

static const struct store_ops memory_ops = {
    .shares_exchanges = false,
    .close = memory_close,
    .state = memory_state,
    .count = memory_count,
    .reload = memory_reload,
    .session_open = memory_session_open,
    .session_close = memory_session_close,
    .session_flush = memory_session_flush,
    .device_by_address = memory_device_by_address,
    .device_by_iccid = memory_device_by_iccid,
    .exchange_reserve = memory_exchange_reserve,
    .exchange_settle = memory_exchange_settle,
    .exchange_release = memory_exchange_release,
    .psk_bootstrap = memory_psk_bootstrap,
    .psk_find = memory_psk_find,
    .psk_prove = memory_psk_prove,
    .location_find = memory_location_find,
    .location_set = memory_location_set,
    .template_find = memory_template_find,
};

static int open_state(struct memory_store *m)
{
    char *path = memory_files_state_path(m->path);
    int error = path ? memory_state_init(&m->state, path) : -ENOMEM;

    free(path);
    return error;
}

/* A file that grew large, and was never made smaller because each process was short. */
static void compact(struct memory_store *m)
{
    int error = 0;

    memory_state_set_needed(&m->state, memory_kept_size(&m->keys, &m->locations));
    if (m->state.is_bloated)
        error = memory_kept_compact(&m->state);
    if (error)
        log_warning(m->log, "%s: cannot make it smaller: %s", m->state.path, strerror(-error));
}

static int load(struct memory_store *m, char **error)
{
    struct memory_files files;
    int result = memory_files_load(&files, m->path, &m->names, error);

    if (result == 0)
        result = memory_keys_replace(&m->keys, &files.keys);
    if (result == 0)
        result = memory_locations_replace(&m->locations, &files.locations);
    if (result == 0) {
        m->snapshot = memory_snapshot_new(&files);
        result = m->snapshot ? 0 : -ENOMEM;
    }
    memory_files_deinit(&files);
    return result;
}

static int open_store(struct memory_store *m, char **error)
{
    int result = m->path ? open_state(m) : -ENOMEM;

    if (result == 0)
        result = memory_keys_init(&m->keys);
    if (result == 0)
        result = memory_locations_init(&m->locations);
    if (result == 0)
        result = load(m, error);
    if (result == 0)
        compact(m);
    return result;
}

int memory_store_open(struct store **store, const char *path, const struct log *log, char **error)
{
    struct memory_store *m = calloc(1, sizeof(*m));
    int result;

    *store = NULL;
    *error = NULL;
    if (!m)
        return -ENOMEM;
    m->store.ops = &memory_ops;
    m->log = log;
    m->path = strdup(path);
    pthread_mutex_init(&m->lock, NULL);
    list_init(&m->sessions);
    template_names_init(&m->names);
    result = open_store(m, error);
    if (result < 0) {
        memory_close(&m->store);
        return result;
    }
    *store = &m->store;
    log_info(log, "devices of %s: %u row%s", path, m->snapshot->table.count,
             m->snapshot->table.count == 1 ? "" : "s");
    return 0;
}
