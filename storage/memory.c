#include "storage/memory.h"

#include "base/log.h"
#include "storage/memory_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void memory_close(struct store *store)
{
    struct memory_store *m = (struct memory_store *)store;

    memory_table_deinit(&m->table);
    memory_keys_deinit(&m->keys);
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

/* Reads the keys that were kept. */
static int load_keys(struct memory_store *m, char **error)
{
    uint32_t line;
    int result = memory_keys_load(&m->keys, &line), length = 0;

    if (result == -EINVAL)
        length = asprintf(error, "%s:%u: this is no line of kept keys", m->keys.path, line);
    else if (result < 0)
        length = asprintf(error, "%s: %s", m->keys.path, strerror(-result));
    if (length < 0)
        *error = NULL;
    return result;
}

static int load(struct memory_store *m, const char *path, char **error)
{
    char *state = NULL;
    int result;

    if (asprintf(&state, "%s.state", path) < 0)
        return -ENOMEM;
    result = memory_keys_init(&m->keys, state);
    free(state);
    if (result == 0)
        result = memory_table_load(&m->table, path, &m->keys, error);
    return result < 0 ? result : load_keys(m, error);
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
    m->keys.fd = -1; /* closing must not close 0, however early opening fails */
    m->log = log;
    result = load(m, path, error);
    if (result < 0) {
        memory_close(&m->store);
        return result;
    }
    *store = &m->store;
    log_info(log, "devices of %s: %u row%s", path, m->table.count, m->table.count == 1 ? "" : "s");
    return 0;
}
