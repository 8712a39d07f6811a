#include "workers/dtls/sleep.h"

#include "base/writer.h"
#include "workers/dtls/handshake.h"

#include <stdlib.h>
#include <string.h>

#define FROZEN_ROOM 512 /* bytes: 307 with wolfSSL 5.9.2, 347 with CBC */

#define GROUP 8 /* bytes */

/* What session_freeze() gave, packed: two thirds of it are zeros. */
struct frozen {
    uint16_t length : 12;
    uint16_t missing : 4; /* bytes, of the last group */
    uint8_t bytes[];
};

_Static_assert(sizeof(struct frozen) == 2, "it is counted in a million of them");

/* Each group becomes a byte that says which of its bytes are not zero, and these. */
static size_t pack(uint8_t packed[FROZEN_ROOM], const uint8_t *bytes, size_t length)
{
    struct writer w = writer_over(packed, FROZEN_ROOM);

    for (size_t i = 0; i < length; i += GROUP) {
        size_t end = i + GROUP < length ? i + GROUP : length;
        uint8_t present = 0;

        for (size_t j = i; j < end; j++)
            present |= (uint8_t)((bytes[j] != 0) << (j - i));
        writer_u8(&w, present);
        for (size_t j = i; j < end; j++)
            if (bytes[j] != 0)
                writer_u8(&w, bytes[j]);
    }
    return w.failed ? 0 : writer_length(&w);
}

static size_t unpack(uint8_t bytes[FROZEN_ROOM], const struct frozen *frozen)
{
    struct writer w = writer_over(bytes, FROZEN_ROOM);
    struct cursor c = cursor_over(frozen->bytes, frozen->length);

    while (cursor_left(&c) > 0) {
        uint8_t present = cursor_u8(&c);

        for (int i = 0; i < GROUP; i++)
            writer_u8(&w, present >> i & 1 ? cursor_u8(&c) : 0);
    }
    return w.failed || c.failed ? 0 : writer_length(&w) - frozen->missing;
}

static struct frozen *freeze(struct session *s)
{
    uint8_t bytes[FROZEN_ROOM], packed[FROZEN_ROOM];
    size_t whole = session_freeze(s, bytes, sizeof(bytes));
    size_t length = pack(packed, bytes, whole);
    struct frozen *frozen = NULL;

    if (length > 0)
        frozen = malloc(sizeof(*frozen) + length);
    if (frozen) {
        frozen->length = length & 0xfff;
        frozen->missing = -whole & (GROUP - 1);
        memcpy(frozen->bytes, packed, length);
    }
    explicit_bzero(bytes, sizeof(bytes));
    explicit_bzero(packed, sizeof(packed));
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

bool association_make_session(struct dtls *d, struct association *a)
{
    uint8_t cid[DTLS_CID_LENGTH], bytes[FROZEN_ROOM];
    size_t length;

    length = unpack(bytes, a->frozen);
    table_write_cid(&d->table, a, cid);
    a->session = session_thaw(d->context, &association_events, a, bytes, length,
                              a->filter.cid ? cid : NULL, sizeof(cid));
    explicit_bzero(bytes, sizeof(bytes));
    return a->session != NULL;
}

void association_sleep_on(struct association *a)
{
    session_close(a->session);
    a->session = NULL;
}

void association_wake(struct dtls *d, struct association *a)
{
    if (a->frozen)
        counter_add(&d->counters[DTLS_THAWED], 1);
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
}
