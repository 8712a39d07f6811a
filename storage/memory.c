#include "storage/memory.h"

#include "base/log.h"
#include "storage/device_range.h"
#include "storage/memory_table.h"

#include <errno.h>
#include <stdlib.h>

/* Never changed once it is open: sessions read it from their threads without a lock. */
struct memory_store {
    struct store store;
    struct memory_table table;
};

struct memory_session {
    struct store_session session;
    const struct memory_table *table;
};

static void memory_close(struct store *store)
{
    struct memory_store *m = (struct memory_store *)store;

    memory_table_deinit(&m->table);
    free(m);
}

static enum store_state memory_state(const struct store *store)
{
    return STORE_UP;
}

static void memory_count(const struct store *store, uint64_t sums[STORE_COUNTERS])
{
}

/* Nothing changes here, so there is nothing to observe. */
static struct store_session *memory_session_open(struct store *store, struct uv_loop_s *loop,
                                                 const struct store_observer *observer)
{
    struct memory_session *s = malloc(sizeof(*s));

    if (!s)
        return NULL;
    s->session.ops = store->ops;
    s->table = &((struct memory_store *)store)->table;
    return &s->session;
}

static void memory_session_close(struct store_session *session)
{
    free(session); /* every question was answered when it was asked */
}

static void memory_session_flush(struct store_session *session)
{
}

static void memory_device_by_address(struct store_session *session, const uint8_t ip[16],
                                     store_device_fn *done, void *context)
{
    const struct memory_session *s = (const struct memory_session *)session;
    const struct memory_row *row = memory_table_find(s->table, ip);
    struct device device;

    if (!row) {
        done(context, STORE_ABSENT, NULL);
        return;
    }
    device = memory_row_device(row, device_range_offset(&row->prefix, ip));
    done(context, STORE_OK, &device);
}

/*
 * There is one process, and all messages of an endpoint come to one worker, which looks into its
 * own exchange table before it asks here. So nobody else can have the exchange, and to remember it
 * here would be to remember it twice.
 */
static void memory_exchange_reserve(struct store_session *session,
                                    const struct store_exchange_key *key, uint32_t request_hash,
                                    uint64_t life, store_exchange_fn *done, void *context)
{
    struct store_exchange exchange = {.state = STORE_EXCHANGE_RESERVED};

    done(context, STORE_OK, &exchange);
}

static void memory_exchange_settle(struct store_session *session,
                                   const struct store_exchange_key *key, uint8_t code,
                                   uint32_t request_hash, uint64_t life)
{
}

static void memory_exchange_release(struct store_session *session,
                                    const struct store_exchange_key *key)
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
    .exchange_reserve = memory_exchange_reserve,
    .exchange_settle = memory_exchange_settle,
    .exchange_release = memory_exchange_release,
};

int memory_store_open(struct store **store, const char *path, const struct log *log, char **error)
{
    struct memory_store *m = calloc(1, sizeof(*m));
    int result = -ENOMEM;

    *store = NULL;
    *error = NULL;
    if (m)
        result = memory_table_load(&m->table, path, error);
    if (result < 0) {
        if (m)
            memory_close(&m->store);
        return result;
    }
    m->store.ops = &memory_ops;
    *store = &m->store;
    log_info(log, "devices of %s: %u row%s", path, m->table.count, m->table.count == 1 ? "" : "s");
    return 0;
}
