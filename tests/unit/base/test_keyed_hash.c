#include "base/keyed_hash.h"

#include <criterion/criterion.h>

/* The key and the messages of the reference implementation: bytes that count up from 0. */
static const struct hash_key counting_key = {
    {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

/* Around the words of eight bytes, and past 255, where the length's low byte is what is mixed in.
 */
static const struct {
    size_t length;
    uint64_t hash;
} vectors[] = {
    {0, UINT64_C(0xabac0158050fc4dc)},  {1, UINT64_C(0xc9f49bf37d57ca93)},
    {7, UINT64_C(0xd3927d989bb11140)},  {8, UINT64_C(0x369095118d299a8e)},
    {9, UINT64_C(0x25a48eb36c063de4)},  {15, UINT64_C(0xd320d86d2a519956)},
    {16, UINT64_C(0xcc4fdd1a7d908b66)}, {24, UINT64_C(0xf464aeb267349c8c)},
    {63, UINT64_C(0x9d199062b7bbb3a8)}, {300, UINT64_C(0x4016a23bda5a2224)},
};

Test(keyed_hash, is_siphash_1_3)
{
    uint8_t message[301];

    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        cr_expect_eq(keyed_hash(&counting_key, message, vectors[i].length), vectors[i].hash,
                     "of %zu bytes", vectors[i].length);
}

Test(keyed_hash, does_not_care_about_alignment)
{
    uint8_t message[64];

    for (size_t shift = 0; shift < 8; shift++) {
        for (size_t i = 0; i < 24; i++)
            message[shift + i] = (uint8_t)i;
        cr_expect_eq(keyed_hash(&counting_key, message + shift, 24), UINT64_C(0xf464aeb267349c8c));
    }
}

Test(keyed_hash, is_the_same_of_words)
{
    uint64_t words[4] = {1, UINT64_MAX, 0, UINT64_C(0x0123456789abcdef)};

    for (unsigned count = 0; count <= 4; count++)
        cr_expect_eq(keyed_hash_words(&counting_key, words, count),
                     keyed_hash(&counting_key, words, count * sizeof(*words)), "%u words", count);
}

Test(keyed_hash, is_the_same_of_words_and_a_rest)
{
    uint8_t bytes[23] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, [16] = 0xff, [22] = 0x80};
    uint64_t words[2], rest = 0;

    memcpy(words, bytes, 16);
    memcpy(&rest, bytes + 16, 7);
    cr_expect_eq(keyed_hash_rest(&counting_key, words, 2, rest, 7),
                 keyed_hash(&counting_key, bytes, 23));
}

Test(keyed_hash, depends_on_each_half_of_the_key)
{
    struct hash_key first = counting_key, second = counting_key;

    first.k[0] ^= 1;
    second.k[1] ^= UINT64_C(1) << 63;
    cr_expect_neq(keyed_hash(&first, "simgate", 7), keyed_hash(&counting_key, "simgate", 7));
    cr_expect_neq(keyed_hash(&second, "simgate", 7), keyed_hash(&counting_key, "simgate", 7));
}

Test(keyed_hash, keys_are_drawn_at_random)
{
    struct hash_key a = {0}, b = {0};

    cr_assert_eq(hash_key_draw(&a), 0);
    cr_assert_eq(hash_key_draw(&b), 0);
    cr_assert(a.k[0] != b.k[0] && a.k[1] != b.k[1]);
}
