/*
 * SipHash-1-3 (Aumasson and Bernstein, 2012): the hash of every table whose keys come from
 * strangers, keyed at random, so that nobody can choose keys that collide. Any thread; a key never
 * changes once it is drawn.
 */
#ifndef SIMGATE_BASE_KEYED_HASH_H
#define SIMGATE_BASE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k[2];
};

/* Draws a key from getrandom(2). Returns 0 or -errno. */
int hash_key_draw(struct hash_key *key);

/* The hash of `length` bytes. */
uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t length);

#endif
