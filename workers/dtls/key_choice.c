#include "workers/dtls/key_choice.h"

#include <string.h>

int key_choice_init(struct key_choice *k)
{
    memset(k->others, 0, sizeof(k->others));
    k->count = 0;
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
    uint64_t hash, *place;

    if (!other && k->count == 0) /* as nearly always */
        return;
    hash = hash_of(k, identity);
    place = &k->others[place_of(hash)];
    if (other) {
        k->count += *place == 0;
        *place = hash;
    } else if (*place == hash) {
        k->count--;
        *place = 0;
    }
}
