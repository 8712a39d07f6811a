#include "base/keyed_hash.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

int hash_key_draw(struct hash_key *key)
{
    return getrandom(key, sizeof(*key), 0) == sizeof(*key) ? 0 : -errno;
}

uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    size_t left = length;
    uint64_t word;
    struct sip_state s = sip_begin(key);

    for (; left >= 8; left -= 8, at += 8) {
        memcpy(&word, at, 8);
        sip_word(&s, word);
    }
    word = 0;
    memcpy(&word, at, left);
    sip_word(&s, word | (uint64_t)length << 56);
    return sip_end(&s);
}
