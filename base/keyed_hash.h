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

struct sip_state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t sip_rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip_state *s)
{
    s->v0 += s->v1;
    s->v1 = sip_rotate(s->v1, 13) ^ s->v0;
    s->v0 = sip_rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = sip_rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = sip_rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = sip_rotate(s->v1, 17) ^ s->v2;
    s->v2 = sip_rotate(s->v2, 32);
}

static inline struct sip_state sip_begin(const struct hash_key *key)
{
    return (struct sip_state){.v0 = key->k[0] ^ UINT64_C(0x736f6d6570736575),
                              .v1 = key->k[1] ^ UINT64_C(0x646f72616e646f6d),
                              .v2 = key->k[0] ^ UINT64_C(0x6c7967656e657261),
                              .v3 = key->k[1] ^ UINT64_C(0x7465646279746573)};
}

static inline void sip_word(struct sip_state *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static inline uint64_t sip_end(struct sip_state *s)
{
    s->v2 ^= 0xff;
    sip_round(s);
    sip_round(s);
    sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* The hash of `length` bytes. */
uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t length);

/* The same of so many words, and up to seven bytes more that are `rest`; with numbers that the
 * compiler knows, in two thirds of the time. */
static inline uint64_t keyed_hash_rest(const struct hash_key *key, const uint64_t *words,
                                       unsigned count, uint64_t rest, unsigned bytes)
{
    struct sip_state s = sip_begin(key);

    for (unsigned i = 0; i < count; i++)
        sip_word(&s, words[i]);
    sip_word(&s, rest | (count * sizeof(*words) + bytes) << 56);
    return sip_end(&s);
}

static inline uint64_t keyed_hash_words(const struct hash_key *key, const uint64_t *words,
                                        unsigned count)
{
    return keyed_hash_rest(key, words, count, 0, 0);
}

#endif
