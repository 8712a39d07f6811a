/*
 * Which of a device's two keys the next handshake tries: the newest, unless a handshake with it has
 * just failed. The server cannot see which one a client uses before its Finished, so the other one
 * has its turn at the next handshake. A table of fixed size without collisions resolved: what is
 * lost costs a device one handshake. One thread.
 */
#ifndef SIMGATE_WORKERS_DTLS_KEY_CHOICE_H
#define SIMGATE_WORKERS_DTLS_KEY_CHOICE_H

#include "base/keyed_hash.h"

#include <stdbool.h>

#define KEY_CHOICES 4096 /* a power of two */

struct key_choice {
    struct hash_key key;
    uint32_t count;               /* of others */
    uint64_t others[KEY_CHOICES]; /* hashes of identities whose other key is next; 0: none */
};

/* Returns 0 or -errno. */
int key_choice_init(struct key_choice *k);

/* Whether the other key is next. */
bool key_choice_is_other(const struct key_choice *k, const char *identity);

void key_choice_set(struct key_choice *k, const char *identity, bool other);

#endif
