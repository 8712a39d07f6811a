#include "storage/memory_session.h"

#include "base/clock.h"
#include "storage/device_range.h"
#include "storage/memory_writes.h"

#include <stdlib.h>
#include <string.h>

/* Moves on to the snapshot that came last. Any question may be the first that is answered from it.
 */
static void catch_up(struct memory_session *s)
{
    struct memory_snapshot *next;

    if (!s->has_next)
        return;
    pthread_mutex_lock(&s->store->lock);
    next = s->next;
    s->next = NULL;
    s->has_next = false;
    pthread_mutex_unlock(&s->store->lock);
    memory_snapshot_release(s->snapshot);
    s->snapshot = next;
}

/* What the worker was told before may be wrong by now. */
static void on_reloaded(uv_async_t *handle)
{
    struct memory_session *s = handle->data;

    catch_up(s);
    s->observer.begin(s->observer.context);
    s->observer.templates_changed(s->observer.context);
    s->observer.doubtful(s->observer.context);
    s->observer.end(s->observer.context);
}

void memory_sessions_hand_out(struct memory_store *m, struct memory_snapshot *snapshot)
{
    struct memory_snapshot *old;

    memory_snapshot_hold(snapshot);
    pthread_mutex_lock(&m->lock);
    old = m->snapshot;
    m->snapshot = snapshot;
    for (struct list_node *n = m->sessions.head.next; n != &m->sessions.head; n = n->next) {
        struct memory_session *s = container_of(n, struct memory_session, node);

        memory_snapshot_release(s->next); /* of a reload before, that it did not come to */
        memory_snapshot_hold(snapshot);
        s->next = snapshot;
        s->has_next = true;
        uv_async_send(&s->reloaded);
    }
    pthread_mutex_unlock(&m->lock);
    memory_snapshot_release(old);
}

struct store_session *memory_session_open(struct store *store, struct uv_loop_s *loop,
                                          const struct store_observer *observer)
{
    struct memory_store *m = (struct memory_store *)store;
    struct memory_session *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->session.ops = store->ops;
    s->store = m;
    s->loop = loop;
    s->observer = *observer;
    if (uv_async_init(loop, &s->reloaded, on_reloaded) != 0) {
        free(s);
        return NULL;
    }
    s->reloaded.data = s;
    s->has_handle = true;
    pthread_mutex_lock(&m->lock);
    s->snapshot = m->snapshot;
    memory_snapshot_hold(s->snapshot);
    list_append(&m->sessions, &s->node);
    pthread_mutex_unlock(&m->lock);
    return &s->session;
}

void memory_session_free(struct memory_session *s)
{
    if (s->closed && !s->has_handle && !s->writes)
        free(s);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct memory_session *s = handle->data;

    s->has_handle = false;
    memory_session_free(s);
}

/* The session's memory stays until the last write is through. What is in force stays until
 * everybody is told, since who is told may ask further. */
void memory_session_close(struct store_session *session)
{
    struct memory_session *s = (struct memory_session *)session;

    s->closed = true;
    pthread_mutex_lock(&s->store->lock);
    list_remove(&s->node);
    pthread_mutex_unlock(&s->store->lock);
    memory_writes_let_go(s);
    memory_snapshot_release(s->next);
    memory_snapshot_release(s->snapshot);
    uv_close((uv_handle_t *)&s->reloaded, on_handle_closed);
}

void memory_session_flush(struct store_session *session)
{
}

static void answer(const struct memory_session *s, const struct memory_row *row, uint64_t offset,
                   store_device_fn *done, void *context)
{
    struct device device = memory_row_device(row, offset);

    device.psk_epoch = memory_snapshot_epoch(s->snapshot, device.iccid);
    done(context, STORE_OK, &device);
}

void memory_device_by_address(struct store_session *session, const uint8_t ip[16],
                              store_device_fn *done, void *context)
{
    struct memory_session *s = (struct memory_session *)session;
    const struct memory_row *row;

    catch_up(s);
    row = memory_table_find(&s->snapshot->table, ip);
    if (row)
        answer(s, row, device_range_offset(&row->prefix, ip), done, context);
    else
        done(context, STORE_ABSENT, NULL);
}

void memory_device_by_iccid(struct store_session *session, const char *iccid, store_device_fn *done,
                            void *context)
{
    struct memory_session *s = (struct memory_session *)session;
    const struct memory_row *row;
    uint64_t offset;

    catch_up(s);
    row = iccid_index_find(&s->snapshot->table.by_iccid, iccid, &offset);
    if (row)
        answer(s, row, offset, done, context);
    else
        done(context, STORE_ABSENT, NULL);
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

void memory_psk_bootstrap(struct store_session *session, const char *iccid, store_psk_fn *done,
                          void *context)
{
    struct memory_session *s = (struct memory_session *)session;
    struct psk_record record;
    int result = memory_keys_bootstrap(&s->store->keys, iccid, clock_wall_ms(), &record);

    if (result > 0 && !memory_writes_keep_key(s, iccid, &record, done, context))
        result = -1;
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
        memory_writes_keep_key(s, iccid, NULL, NULL, NULL);
}

void memory_location_find(struct store_session *session, const char *iccid, store_location_fn *done,
                          void *context)
{
    struct memory_session *s = (struct memory_session *)session;
    struct location location;

    catch_up(s);
    if (memory_find_location(&s->snapshot->table, &s->store->locations, iccid, &location))
        done(context, STORE_OK, &location);
    else
        done(context, STORE_ABSENT, NULL);
}

void memory_location_set(struct store_session *session, const char *iccid,
                         const struct location *location)
{
    struct memory_session *s = (struct memory_session *)session;

    if (memory_locations_set(&s->store->locations, iccid, location) > 0)
        memory_writes_keep_locations(s);
}

void memory_template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                          void *context)
{
    struct memory_session *s = (struct memory_session *)session;
    const struct memory_template *found;
    struct memory_snapshot *lent;

    catch_up(s);
    lent = s->snapshot;
    found = memory_templates_by_number(&lent->templates, number);
    if (!found) {
        done(context, STORE_ABSENT, NULL);
        return;
    }
    memory_snapshot_hold(lent); /* the callback may ask something, and that catch up */
    done(context, STORE_OK,
         &(struct store_template){
             .name = found->name, .text = found->text, .length = found->length});
    memory_snapshot_release(lent);
}
