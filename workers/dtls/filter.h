/*
 * What a datagram must look like before wolfSSL has it. Plaintext records can be forged by anyone
 * who knows an address, and some end a session: so a datagram passes whole or not at all, and only
 * what a client can rightly send at this stage. One thread; a filter belongs to its association.
 */
#ifndef SIMGATE_WORKERS_DTLS_FILTER_H
#define SIMGATE_WORKERS_DTLS_FILTER_H

#include "workers/dtls/record.h"

enum filter_stage {
    FILTER_HELLO,   /* our first flight is out: a ClientKeyExchange is due */
    FILTER_KEYED,   /* a ClientKeyExchange was taken */
    FILTER_CHANGED, /* and a ChangeCipherSpec: Finished is due, encrypted */
    FILTER_DONE,    /* the handshake is through, as far as we know: our last flight may be lost */
    FILTER_ESTABLISHED, /* a record of application data came: nothing in plaintext any more */
};

struct filter {
    uint64_t sequence; /* the highest of epoch 0 that was taken */
    uint16_t hello;    /* the verified ClientHello's message number: what follows counts on */
    uint8_t stage;     /* enum filter_stage */
    uint8_t overhead;  /* bytes that an encrypted record has at least, by the cipher suite */
    bool blocks;       /* CBC: encrypted records are a multiple of its block */
    bool cid;          /* one was negotiated: all encrypted records have it */
};

/* What encrypted records of this cipher suite look like at least. */
void filter_expect(struct filter *f, uint16_t suite);

/* Whether the datagram may pass. */
bool filter_allows(const struct filter *f, const struct records *all);

/* Moves the stage on; for each record, when wolfSSL has it. */
void filter_took(struct filter *f, const struct record *r);

#endif
