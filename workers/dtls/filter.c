#include "workers/dtls/filter.h"

#define BLOCK 16 /* bytes, AES */

/* Sequence numbers of plaintext are anyone's to choose. A forged high one would move the window of
 * RFC 6347 §4.1.2.6 past all genuine ones; this is half of that window. */
#define SEQUENCE_JUMP 32

#define NONCE      8 /* bytes, explicit, of CCM and GCM */
#define MAC_SHA256 32

void filter_expect(struct filter *f, uint16_t suite)
{
    f->blocks = suite == SUITE_AES_128_CBC_SHA256;
    if (f->blocks) /* the MAC inside or behind, the vector, and a block of padding */
        f->overhead = BLOCK + MAC_SHA256 + BLOCK;
    else
        f->overhead = NONCE + (suite == SUITE_AES_128_CCM_8 ? 8 : 16);
}

static bool handshake_allowed(const struct filter *f, const struct record *r)
{
    struct handshake_message m;
    struct client_hello hello;
    char identity[PSK_IDENTITY_ROOM];

    if (!handshake_parse(&m, r))
        return false;
    if (m.type == HANDSHAKE_CLIENT_HELLO)
        return f->stage == FILTER_HELLO && m.sequence == f->hello && client_hello_parse(&hello, &m);
    return m.type == HANDSHAKE_CLIENT_KEY_EXCHANGE && m.sequence == (uint16_t)(f->hello + 1) &&
           psk_identity_parse(identity, &m);
}

static bool plaintext_allowed(const struct filter *f, const struct record *r)
{
    if (f->stage == FILTER_ESTABLISHED || r->sequence > f->sequence + SEQUENCE_JUMP)
        return false;
    if (r->type == RECORD_HANDSHAKE)
        return handshake_allowed(f, r);
    return r->type == RECORD_CHANGE_CIPHER_SPEC && f->stage >= FILTER_KEYED && r->length == 1 &&
           r->body[0] == 1;
}

static bool encrypted_allowed(const struct filter *f, const struct record *r)
{
    if (f->stage < FILTER_CHANGED || f->cid != (r->type == RECORD_CID) || r->length < f->overhead ||
        (f->blocks && r->length % BLOCK != 0))
        return false;
    if (r->type == RECORD_HANDSHAKE)
        return f->stage != FILTER_ESTABLISHED;
    return r->type == RECORD_CID ||
           (r->type != RECORD_CHANGE_CIPHER_SPEC && f->stage >= FILTER_DONE);
}

static bool record_allowed(const struct filter *f, const struct record *r)
{
    if (r->epoch > 1)
        return false;
    return r->epoch == 0 ? plaintext_allowed(f, r) : encrypted_allowed(f, r);
}

bool filter_allows(const struct filter *f, const struct records *all)
{
    struct filter ahead = *f; /* a datagram may have a whole flight */
    struct cursor c = all->rest;
    struct record r = all->first;

    do {
        if (!record_allowed(&ahead, &r))
            return false;
        filter_took(&ahead, &r);
    } while (record_next(&c, &r));
    return !c.failed;
}

void filter_took(struct filter *f, const struct record *r)
{
    if (r->epoch != 0)
        return;
    if (r->sequence > f->sequence)
        f->sequence = r->sequence;
    if (r->type == RECORD_CHANGE_CIPHER_SPEC) {
        if (f->stage == FILTER_KEYED)
            f->stage = FILTER_CHANGED;
    } else if (f->stage == FILTER_HELLO && r->body[0] == HANDSHAKE_CLIENT_KEY_EXCHANGE) {
        f->stage = FILTER_KEYED;
    }
}
