#include "storage/memory_writes.h"

#include "base/clock.h"
#include "storage/memory_kept.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define COMPLAINT_PERIOD (10 * CLOCK_SECOND)

enum write_kind { WRITE_KEYS, WRITE_LOCATIONS, WRITE_COMPACT };

/* Something on its way to the disk. */
struct memory_write {
    uv_work_t work;
    enum write_kind kind;
    struct memory_session *session;
    struct memory_write *next;
    char iccid[DEVICE_ICCID_MAX + 1]; /* whose keys */
    struct psk_record record;         /* the answer */
    store_psk_fn *done;               /* NULL: nobody waits, or has been answered */
    void *context;
    bool awaited; /* by a device that is to be told the key */
    int error;
};

static void forget(struct memory_session *s, struct memory_write *w)
{
    struct memory_write **link = &s->writes;

    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    explicit_bzero(w, sizeof(*w));
    free(w);
    memory_session_free(s);
}

/* On a thread of the pool. */
static void write_it(uv_work_t *work)
{
    struct memory_write *w = work->data;
    struct memory_store *m = w->session->store;

    switch (w->kind) {
    case WRITE_KEYS:
        w->error = memory_keys_keep(&m->keys, &m->state, w->iccid, w->awaited);
        break;
    case WRITE_LOCATIONS:
        w->error = memory_locations_keep(&m->locations, &m->state);
        break;
    case WRITE_COMPACT:
        w->error = memory_kept_compact(&m->state);
        m->is_compacting = false;
        break;
    }
}

static void complain(struct memory_session *s, const struct memory_write *w)
{
    static const char *const what[] = {[WRITE_KEYS] = "cannot keep a key",
                                       [WRITE_LOCATIONS] = "cannot keep locations",
                                       [WRITE_COMPACT] = "cannot make it smaller"};
    uint64_t suppressed;

    /* devices say where they are again and again */
    if (w->kind == WRITE_LOCATIONS &&
        !log_limit_pass(&s->complaints, clock_now(), COMPLAINT_PERIOD, &suppressed))
        return;
    log_write(s->store->log, w->kind == WRITE_COMPACT ? LOG_WARNING : LOG_ERROR, "%s: %s: %s",
              s->store->state.path, what[w->kind], strerror(-w->error));
}

static struct memory_write *start(struct memory_session *s, enum write_kind kind, const char *iccid,
                                  store_psk_fn *done);

static void on_written(uv_work_t *work, int status)
{
    struct memory_write *w = work->data;
    struct memory_session *s = w->session;

    if (w->error)
        complain(s, w);
    if (w->done) {
        s->observer.begin(s->observer.context);
        w->done(w->context, w->error ? STORE_REFUSED : STORE_OK, w->error ? NULL : &w->record);
        s->observer.end(s->observer.context);
    }
    if (s->store->state.is_bloated && !s->closed &&
        !atomic_exchange(&s->store->is_compacting, true))
        if (!start(s, WRITE_COMPACT, "", NULL))
            s->store->is_compacting = false;
    forget(s, w);
}

/* NULL when that cannot be. */
static struct memory_write *start(struct memory_session *s, enum write_kind kind, const char *iccid,
                                  store_psk_fn *done)
{
    struct memory_write *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    *w = (struct memory_write){
        .kind = kind, .session = s, .next = s->writes, .done = done, .awaited = done != NULL};
    w->work.data = w;
    memcpy(w->iccid, iccid, strlen(iccid) + 1);
    if (uv_queue_work(s->loop, &w->work, write_it, on_written) != 0) {
        free(w);
        return NULL;
    }
    s->writes = w;
    return w;
}

bool memory_writes_keep_key(struct memory_session *s, const char *iccid,
                            const struct psk_record *record, store_psk_fn *done, void *context)
{
    /* nobody would be there any more to be told */
    struct memory_write *w = s->closed && done ? NULL : start(s, WRITE_KEYS, iccid, done);

    if (!w)
        return false;
    w->context = context;
    if (record)
        w->record = *record;
    return true;
}

void memory_writes_keep_locations(struct memory_session *s)
{
    if (!start(s, WRITE_LOCATIONS, "", NULL))
        memory_locations_give_up(&s->store->locations);
}

void memory_writes_let_go(struct memory_session *s)
{
    for (struct memory_write *w = s->writes; w; w = w->next) {
        store_psk_fn *done = w->done;

        w->done = NULL;
        if (done)
            done(w->context, STORE_CLOSING, NULL);
    }
}
