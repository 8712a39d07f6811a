#include "workers/dtls/living.h"

#include "workers/dtls/handshake.h"
#include "workers/dtls/sleep.h"

#include <errno.h>

/* What encryption adds at most: header, connection id, initialisation vector, padding, MAC. */
#define RECORD_OVERHEAD_MAX 112

#define AMPLIFICATION 3 /* RFC 9146 §6 */

void association_emit(struct association *a, const uint8_t *bytes, size_t length)
{
    struct dtls *d = a->dtls;

    if (a->allowance != ALLOWANCE_UNLIMITED) {
        if (length > a->allowance) {
            counter_add(&d->counters[DTLS_SEND_LIMITED], 1);
            return;
        }
        a->allowance -= (uint32_t)length;
    }
    d->handler.datagram(d->handler.context, &a->path, bytes, length);
}

int living_send(struct dtls *d, struct association *a, const uint8_t *bytes, size_t length)
{
    if (length + RECORD_OVERHEAD_MAX > a->allowance && a->allowance != ALLOWANCE_UNLIMITED) {
        counter_add(&d->counters[DTLS_SEND_LIMITED], 1);
        return -EAGAIN;
    }
    if (!association_thaw(d, a))
        return -ENOMEM;
    if (a->frozen)
        association_wake(d, a);
    counter_add(&d->counters[DTLS_RECORDS_OUT], 1);
    return session_write(a->session, bytes, length);
}

void association_end(struct dtls *d, struct association *a, enum dtls_counter reason)
{
    counter_add(&d->counters[reason], 1);
    d->handler.ended(d->handler.context, a);
    session_close(a->session);
    a->session = NULL; /* the slot may still be looked at ahead of a datagram */
    association_forget_frozen(d, a);
    table_delist(&d->table, a);
    handshake_free(d, a);
    table_remove(&d->table, a);
}

static uint64_t order_of(const struct record *r)
{
    return (uint64_t)r->epoch << 48 | r->sequence;
}

/* An authentic record came from `path`: false when its address is not for this association. */
static bool follow(struct dtls *d, struct association *a, const struct datagram_path *path,
                   const struct record *r)
{
    bool newer = order_of(r) > a->newest;

    if (net_address_equal(&a->path.peer, &path->peer)) {
        a->path = *path;
        if (newer)
            a->allowance = ALLOWANCE_UNLIMITED;
    } else if (newer) {
        if (!d->handler.may_move(d->handler.context, a, path)) {
            counter_add(&d->counters[DTLS_DROPPED_MOVED], 1);
            return false;
        }
        counter_add(&d->counters[DTLS_MOVES], 1);
        table_move(&d->table, a, path);
        a->allowance = AMPLIFICATION * (uint32_t)r->size;
    }
    if (newer)
        a->newest = order_of(r);
    return true;
}

/* What wolfSSL made of a record. */
static void take_plaintext(struct dtls *d, struct association *a, const struct datagram_path *path,
                           const struct record *r, int length)
{
    if (length == SESSION_BROKEN) {
        association_end(d, a, DTLS_ENDED_BROKEN);
    } else if (length == SESSION_CLOSED) {
        session_shutdown(a->session);
        association_end(d, a, DTLS_ENDED_CLOSED);
    } else if (length == 0) {
        /* what is kept may be used once only: sequence numbers would come twice */
        if (a->frozen && session_is_untouched(a->session))
            association_sleep_on(a);
        else if (a->frozen)
            association_wake(d, a);
    } else {
        bool followed = follow(d, a, path, r);

        a->filter.stage = FILTER_ESTABLISHED;
        association_wake(d, a);
        if (!followed)
            return;
        counter_add(&d->counters[DTLS_RECORDS_IN], 1);
        d->handler.message(d->handler.context, a, d->plaintext, (size_t)length);
    }
}

void living_record(struct dtls *d, struct association *a, const struct datagram_path *path,
                   const struct record *r)
{
    uint32_t undecrypted;
    int length;

    if (!association_thaw(d, a)) {
        counter_add(&d->counters[DTLS_DROPPED_NO_ROOM], 1);
        return;
    }
    undecrypted = session_undecrypted(a->session);
    length = session_read(a->session, r->start, r->size, d->plaintext, sizeof(d->plaintext));
    filter_took(&a->filter, r);
    counter_add(&d->counters[DTLS_DROPPED_UNDECRYPTED],
                session_undecrypted(a->session) - undecrypted);
    take_plaintext(d, a, path, r, length);
}

void living_receive(struct dtls *d, struct association *a, const struct datagram_path *path,
                    const struct records *all)
{
    struct cursor c = all->rest;
    struct record r = all->first;
    uint64_t id = a->id;

    do
        living_record(d, a, path, &r);
    while (a->id == id && record_next(&c, &r));
}
