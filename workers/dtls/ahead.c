#include "workers/dtls/ahead.h"

#define FROZEN_TYPICAL 192 /* bytes, most of them */

static void prefetch(const void *object, size_t size)
{
    for (size_t at = 0; at < size; at += 64)
        __builtin_prefetch((const uint8_t *)object + at);
}

static bool may_be_message(const uint8_t *bytes, size_t length)
{
    return length > 0 && (bytes[0] == RECORD_APPLICATION_DATA || bytes[0] == RECORD_CID);
}

static void find_place(const struct dtls *d, struct dtls_ahead *a, const struct datagram_path *path,
                       const uint8_t *bytes, size_t length)
{
    struct records all;

    *a = (struct dtls_ahead){.of_handshake = !may_be_message(bytes, length)};
    if (length > 0 && bytes[0] == RECORD_CID) {
        if (records_open(&all, bytes, length))
            a->association = table_slot(&d->table, all.first.cid);
    } else {
        a->bucket = table_source(&d->table, &path->peer);
        __builtin_prefetch(a->bucket);
    }
}

void dtls_look_ahead(const struct dtls *d, struct dtls_ahead *a, unsigned step,
                     const struct datagram_path *path, const uint8_t *bytes, size_t length)
{
    if (step == 0)
        find_place(d, a, path, bytes, length);
    else if (step == 1 && a->bucket)
        a->association = table_first(&d->table, a->bucket);
    else if (a->of_handshake && a->association)
        a->association = table_next(&d->table, a->association);
    if (!a->association)
        return;
    if (step == 1 || a->of_handshake)
        prefetch(a->association, sizeof(*a->association));
    else if (step > 1 && a->association->session)
        session_prefetch(a->association->session, step - 2);
    else if (step == 2 && a->association->frozen)
        prefetch(a->association->frozen, FROZEN_TYPICAL);
}

void dtls_expect(struct dtls *d, const struct dtls_ahead *a, const struct datagram_path *path)
{
    if (a->bucket)
        table_expect(&d->table, &path->peer, a->bucket);
}
