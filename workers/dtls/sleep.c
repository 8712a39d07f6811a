#include "workers/dtls/sleep.h"

#include "workers/dtls/handshake.h"

#include <stdlib.h>
#include <string.h>

#define FROZEN_ROOM 1024 /* bytes: 307 with wolfSSL 5.9.2 */

struct frozen {
    uint16_t length;
    uint8_t bytes[];
};

static struct frozen *freeze(struct session *s)
{
    uint8_t bytes[FROZEN_ROOM];
    size_t length = session_freeze(s, bytes, sizeof(bytes));
    struct frozen *frozen = length > 0 ? malloc(sizeof(*frozen) + length) : NULL;

    if (frozen) {
        frozen->length = (uint16_t)length;
        memcpy(frozen->bytes, bytes, length);
    }
    explicit_bzero(bytes, sizeof(bytes));
    return frozen;
}

void association_rest(struct dtls *d, struct association *a)
{
    table_rest(&d->table, a);
    if (a->filter.stage != FILTER_ESTABLISHED) /* its last flight may be wanted again */
        return;
    a->frozen = freeze(a->session);
    if (!a->frozen) /* then it sleeps with its eyes open */
        return;
    session_close(a->session);
    a->session = NULL;
    d->frozen_count++;
}

bool association_thaw(struct dtls *d, struct association *a)
{
    uint8_t cid[DTLS_CID_LENGTH];

    if (a->session)
        return true;
    table_write_cid(&d->table, a, cid);
    a->session = session_thaw(d->context, &association_events, a, a->frozen->bytes,
                              a->frozen->length, a->filter.cid ? cid : NULL, sizeof(cid));
    return a->session != NULL;
}

void association_sleep_on(struct association *a)
{
    session_close(a->session);
    a->session = NULL;
}

void association_wake(struct dtls *d, struct association *a)
{
    association_forget_frozen(d, a);
    table_touch(&d->table, a, d->now);
}

void association_forget_frozen(struct dtls *d, struct association *a)
{
    if (!a->frozen)
        return;
    explicit_bzero(a->frozen->bytes, a->frozen->length);
    free(a->frozen);
    a->frozen = NULL;
    d->frozen_count--;
    counter_add(&d->counters[DTLS_THAWED], 1);
}
