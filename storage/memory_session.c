#include "storage/memory_session.h"

#include "base/clock.h"
#include "base/log.h"
#include "storage/device_range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct memory_session {
    struct store_session session;
    struct memory_store *store;
    uv_loop_t *loop;
    struct store_observer observer;
    struct memory_write *writes; /* under way */
    bool closed;
};

/* A device's keys on their way to the disk. */
struct memory_write {
    uv_work_t work;
    struct memory_session *session;
    struct memory_write *next;
    char iccid[DEVICE_ICCID_MAX + 1];
    struct psk_record record; /* the answer */
    store_psk_fn *done;       /* NULL: nobody waits, or has been answered */
    void *context;
    bool awaited; /* by a device that is to be told the key */
    int error;
};

struct store_session *memory_session_open(struct store *store, struct uv_loop_s *loop,
                                          const struct store_observer *observer)
{
    struct memory_session *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->session.ops = store->ops;
    s->store = (struct memory_store *)store;
    s->loop = loop;
    if (observer)
        s->observer = *observer;
    return &s->session;
}

/* The session's memory stays until the last write is through. */
void memory_session_close(struct store_session *session)
{
    struct memory_session *s = (struct memory_session *)session;

    s->closed = true;
    for (struct memory_write *w = s->writes; w; w = w->next) {
        store_psk_fn *done = w->done;

        w->done = NULL;
        if (done)
            done(w->context, STORE_CLOSING, NULL);
    }
    if (!s->writes)
        free(s);
}

void memory_session_flush(struct store_session *session)
{
}

void memory_device_by_address(struct store_session *session, const uint8_t ip[16],
                              store_device_fn *done, void *context)
{
    const struct memory_session *s = (const struct memory_session *)session;
    const struct memory_row *row = memory_table_find(&s->store->table, ip);
    struct device device;

    if (!row) {
        done(context, STORE_ABSENT, NULL);
        return;
    }
    device = memory_row_device(row, device_range_offset(&row->prefix, ip));
    done(context, STORE_OK, &device);
}

void memory_device_by_iccid(struct store_session *session, const char *iccid, store_device_fn *done,
                            void *context)
{
    const struct memory_session *s = (const struct memory_session *)session;
    const struct memory_table *t = &s->store->table;
    uint64_t offset;
    const struct memory_row *row = iccid_index_find(&t->by_iccid, iccid, &offset);
    struct device device;

    if (!row) {
        done(context, STORE_ABSENT, NULL);
        return;
    }
    device = memory_row_device(row, offset);
    done(context, STORE_OK, &device);
}

/*
 * There is one process, and all messages of an endpoint come to one worker, which looks into its
 * own exchange table before it asks here. So nobody else can have the exchange, and to remember it
 * here would be to remember it twice.
 */
void memory_exchange_reserve(struct store_session *session, const struct store_exchange_key *key,
                             uint32_t request_hash, uint64_t life, store_exchange_fn *done,
                             void *context)
{
    struct store_exchange exchange = {.state = STORE_EXCHANGE_RESERVED};

    done(context, STORE_OK, &exchange);
}

void memory_exchange_settle(struct store_session *session, const struct store_exchange_key *key,
                            uint8_t code, uint32_t request_hash, uint64_t life)
{
}

void memory_exchange_release(struct store_session *session, const struct store_exchange_key *key)
{
}

static void forget(struct memory_session *s, struct memory_write *w)
{
    struct memory_write **link = &s->writes;

    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    explicit_bzero(w, sizeof(*w));
    free(w);
    if (s->closed && !s->writes)
        free(s);
}

/* On a thread of the pool. */
static void write_keys(uv_work_t *work)
{
    struct memory_write *w = work->data;

    w->error = memory_keys_keep(&w->session->store->keys, w->iccid, w->awaited);
}

static void on_written(uv_work_t *work, int status)
{
    struct memory_write *w = work->data;
    struct memory_session *s = w->session;

    if (w->error)
        log_error(s->store->log, "%s: cannot keep a key: %s", s->store->keys.path,
                  strerror(-w->error));
    if (w->done) {
        s->observer.begin(s->observer.context);
        w->done(w->context, w->error ? STORE_REFUSED : STORE_OK, w->error ? NULL : &w->record);
        s->observer.end(s->observer.context);
    }
    forget(s, w);
}

/* Has a device's keys written, and answered when they are there. False when that cannot be. */
static bool start_write(struct memory_session *s, const char *iccid,
                        const struct psk_record *record, store_psk_fn *done, void *context)
{
    struct memory_write *w = calloc(1, sizeof(*w));

    if (!w)
        return false;
    *w = (struct memory_write){
        .session = s, .next = s->writes, .done = done, .context = context, .awaited = done != NULL};
    w->work.data = w;
    if (record)
        w->record = *record;
    memcpy(w->iccid, iccid, strlen(iccid) + 1);
    if (uv_queue_work(s->loop, &w->work, write_keys, on_written) != 0) {
        free(w);
        return false;
    }
    s->writes = w;
    return true;
}

void memory_psk_bootstrap(struct store_session *session, const char *iccid, store_psk_fn *done,
                          void *context)
{
    struct memory_session *s = (struct memory_session *)session;
    struct psk_record record;
    int result = memory_keys_bootstrap(&s->store->keys, iccid, clock_wall_ms(), &record);

    if (result > 0 && !start_write(s, iccid, &record, done, context))
        result = -ENOMEM;
    if (result < 0)
        done(context, STORE_REFUSED, NULL);
    else if (result == 0)
        done(context, STORE_OK, &record);
    explicit_bzero(&record, sizeof(record));
}

void memory_psk_find(struct store_session *session, const char *iccid, store_psk_fn *done,
                     void *context)
{
    struct memory_session *s = (struct memory_session *)session;
    struct psk_record record;

    if (memory_keys_find(&s->store->keys, iccid, &record))
        done(context, STORE_OK, &record);
    else
        done(context, STORE_ABSENT, NULL);
    explicit_bzero(&record, sizeof(record));
}

void memory_psk_prove(struct store_session *session, const char *iccid, const struct psk *key)
{
    struct memory_session *s = (struct memory_session *)session;

    if (memory_keys_prove(&s->store->keys, iccid, key) > 0)
        start_write(s, iccid, NULL, NULL, NULL);
}

void memory_location_find(struct store_session *session, const char *iccid, store_location_fn *done,
                          void *context)
{
    done(context, STORE_ABSENT, NULL);
}

void memory_location_set(struct store_session *session, const char *iccid,
                         const struct location *location)
{
}

void memory_template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                          void *context)
{
    done(context, STORE_ABSENT, NULL);
}
