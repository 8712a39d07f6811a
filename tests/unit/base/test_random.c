#include "base/random.h"

#include <criterion/criterion.h>

#define DRAWS 100000

/* xoshiro256** from the state 1, 2, 3, 4: the values that implementations are compared with. */
Test(random, is_xoshiro256_starstar)
{
    struct random_source r = {.s = {1, 2, 3, 4}};

    cr_assert_eq(random_next(&r), 11520);
    cr_assert_eq(random_next(&r), 0);
    cr_assert_eq(random_next(&r), 1509978240);
    cr_assert_eq(random_next(&r), UINT64_C(1215971899390074240));
}

Test(random, a_seed_gives_the_same_sequence_each_time)
{
    static const uint64_t of_42[] = {UINT64_C(0x15780b2e0c2ec716), UINT64_C(0x6104d9866d113a7e),
                                     UINT64_C(0xae17533239e499a1), UINT64_C(0xecb8ad4703b360a1)};

    for (int round = 0; round < 2; round++) {
        struct random_source r;

        random_source_seed(&r, 42);
        for (size_t i = 0; i < 4; i++)
            cr_assert_eq(random_next(&r), of_42[i], "number %zu", i);
    }
}

Test(random, seeds_from_the_kernel_differ)
{
    struct random_source a = {{0}}, b = {{0}};

    cr_assert_eq(random_source_init(&a), 0);
    cr_assert_eq(random_source_init(&b), 0);
    cr_assert_neq(random_next(&a), random_next(&b));
}

Test(random, stays_below_the_bound_and_reaches_every_value)
{
    struct random_source r;
    uint32_t seen[7] = {0};

    random_source_seed(&r, 1);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = random_below(&r, 7);

        cr_assert_lt(value, 7);
        seen[value]++;
    }
    for (int i = 0; i < 7; i++) /* 14,286 expected, with a standard deviation of 111 */
        cr_expect(seen[i] > 13600 && seen[i] < 15000, "%d came %u times", i, seen[i]);
}

Test(random, bounds_at_both_ends)
{
    struct random_source r;
    uint32_t largest = 0;

    random_source_seed(&r, 2);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = random_below(&r, UINT32_MAX);

        cr_assert_eq(random_below(&r, 1), 0);
        cr_assert_lt(value, UINT32_MAX);
        largest = value > largest ? value : largest;
    }
    cr_assert_gt(largest, UINT32_C(0xff000000));
}
