#include "workers/dtls/key_choice.h"

#include <string.h>

int key_choice_init(struct key_choice *k)
{
    memset(k->others, 0, sizeof(k->others));
    return hash_key_draw(&k->key);
}

static uint64_t hash_of(const struct key_choice *k, const char *identity)
{
    return keyed_hash(&k->key, identity, strlen(identity)) | 1; /* never 0 */
}

static uint32_t place_of(uint64_t hash)
{
    return hash >> 32 & (KEY_CHOICES - 1);
}

bool key_choice_is_other(const struct key_choice *k, const char *identity)
{
    uint64_t hash = hash_of(k, identity);

    return k->others[place_of(hash)] == hash;
}

void key_choice_set(struct key_choice *k, const char *identity, bool other)
{
    uint64_t hash = hash_of(k, identity);
    uint64_t *place = &k->others[place_of(hash)];

    if (other)
        *place = hash;
    else if (*place == hash)
        *place = 0;
}
