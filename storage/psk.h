/*
 * A device's keys, and the rules by which they change. A pre-shared key is generated at the first
 * bootstrap call, and again at one that comes five minutes or more after the call before; a key
 * that a user set is never replaced. Beside the newest key the last one that a handshake proved
 * stays good until the newest is proved, so that a lost response locks no device out.
 *
 * Data and computation, any thread. The Redis store has the same rules as scripts.
 */
#ifndef SIMGATE_STORAGE_PSK_H
#define SIMGATE_STORAGE_PSK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSK_TEXT_MIN     8   /* characters */
#define PSK_TEXT_MAX     256 /* characters; as HEX, two for each byte */
#define PSK_BYTES_MAX    256
#define PSK_GENERATED    16              /* characters */
#define PSK_ROTATION_AGE (5 * 60 * 1000) /* milliseconds between calls */

/* A key in the form in which it was set. */
struct psk {
    bool is_hex;
    char text[PSK_TEXT_MAX + 1]; /* "" where there is none */
};

/* What is held of a device. */
struct psk_record {
    struct psk newest;
    struct psk proved; /* by a handshake, last, of those that were generated; or none */
    bool is_users;     /* the newest was set by a user */
    uint64_t called;   /* milliseconds since the Unix epoch: the last bootstrap call, or 0 */
};

/* 8 to 256 printable ASCII characters without a comma, or 8 to 128 bytes as HEX. */
bool psk_is_legal(const struct psk *key);

/* A key of PSK_GENERATED letters and digits, from the kernel's generator. Returns 0 or -errno. */
int psk_generate(struct psk *key);

/* The bytes that DTLS uses. Returns how many. */
size_t psk_bytes(const struct psk *key, uint8_t bytes[PSK_BYTES_MAX]);

bool psk_equal(const struct psk *a, const struct psk *b);

/* A bootstrap call at `wall_ms`: `candidate` becomes the newest key if it is time for a new one. */
void psk_record_bootstrap(struct psk_record *r, uint64_t wall_ms, const struct psk *candidate);

/* Whether it would tell anything new that a handshake proved a key. */
bool psk_record_proves(const struct psk_record *r, const struct psk *key);

/* A handshake proved a key. Whether that changed anything. */
bool psk_record_prove(struct psk_record *r, const struct psk *key);

#endif
