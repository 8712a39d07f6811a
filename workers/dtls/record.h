/*
 * DTLS 1.2 records and the few plaintext handshake messages that are looked into before wolfSSL has
 * them (RFC 6347 §4.1 and §4.2.2, RFC 9146 §4). Reads only. Any thread; what is found borrows the
 * datagram's bytes.
 */
#ifndef SIMGATE_WORKERS_DTLS_RECORD_H
#define SIMGATE_WORKERS_DTLS_RECORD_H

#include "base/cursor.h"

#define DTLS_CID_LENGTH 8 /* of the connection ids that we give out */

enum cipher_suite { /* TLS_PSK_WITH_… */
                    SUITE_AES_128_GCM_SHA256 = 0x00a8,
                    SUITE_AES_128_CBC_SHA256 = 0x00ae,
                    SUITE_AES_128_CCM = 0xc0a4,
                    SUITE_AES_128_CCM_8 = 0xc0a8,
};

enum record_type {
    RECORD_CHANGE_CIPHER_SPEC = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_APPLICATION_DATA = 23,
    RECORD_CID = 25, /* RFC 9146: the real type is encrypted */
};

enum handshake_type {
    HANDSHAKE_CLIENT_HELLO = 1,
    HANDSHAKE_HELLO_VERIFY_REQUEST = 3,
    HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
};

struct record {
    const uint8_t *start; /* the whole record, `size` bytes */
    size_t size;
    uint8_t type;
    uint16_t epoch;
    uint64_t sequence;  /* 48 bits */
    const uint8_t *cid; /* DTLS_CID_LENGTH bytes, or NULL */
    const uint8_t *body;
    uint16_t length; /* of the body; never 0 */
};

/* The next record of a datagram. False at its end, and (with c->failed) where there is no whole
 * record of a known type and version. */
bool record_next(struct cursor *c, struct record *r);

/* A datagram whose first record was read: the rest follows, most have none. */
struct records {
    const uint8_t *bytes;
    size_t length;
    struct record first;
    struct cursor rest;
};

/* False: it does not begin with a record. */
bool records_open(struct records *all, const uint8_t *bytes, size_t length);

/* A handshake message that is alone and whole in its record. */
struct handshake_message {
    uint8_t type;
    uint16_t sequence;
    struct cursor body;
};

/* False for one that shares its record, or is a fragment. */
bool handshake_parse(struct handshake_message *m, const struct record *r);

struct client_hello {
    uint16_t number;       /* of the handshake message */
    const uint8_t *random; /* 32 bytes */
    uint8_t cookie_length;
    bool offers_cid;
    bool offers_aead; /* one of our suites that is not CBC, so that such a one will be chosen */
};

/* Checks the message whole. */
bool client_hello_parse(struct client_hello *h, const struct handshake_message *m);

#define PSK_IDENTITY_ROOM 32 /* an ICCID has at most 20 digits */

/* The identity of a ClientKeyExchange (RFC 4279 §2), with a NUL. False when it is malformed; one
 * that is too long, or has a NUL, comes out empty. */
bool psk_identity_parse(char identity[PSK_IDENTITY_ROOM], const struct handshake_message *m);

#endif
