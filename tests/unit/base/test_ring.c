#include "base/ring.h"

#include <criterion/criterion.h>

/* Any distinct pointers will do. */
static char things[16];

static struct ring ring_of(uint32_t capacity)
{
    struct ring r;

    cr_assert_eq(ring_init(&r, capacity), 0);
    return r;
}

Test(ring, capacity_is_rounded_up_to_a_power_of_two)
{
    static const uint32_t rows[][2] = {{0, 1}, {1, 1}, {2, 2}, {3, 4}, {5, 8}, {8, 8}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ring r = ring_of(rows[i][0]);
        uint32_t pushed = 0;

        while (ring_push(&r, things))
            pushed++;
        cr_expect_eq(pushed, rows[i][1], "%u for %u", pushed, rows[i][0]);
        ring_deinit(&r);
    }
}

Test(ring, an_empty_one_gives_nothing)
{
    struct ring r = ring_of(4);

    cr_assert_null(ring_pop(&r));
    cr_assert_not(ring_commit(&r));
    cr_assert_eq(ring_depth(&r), 0);
    ring_deinit(&r);
}

Test(ring, what_is_staged_is_invisible_until_it_is_committed)
{
    struct ring r = ring_of(4);

    cr_assert(ring_push(&r, &things[0]));
    cr_assert(ring_push(&r, &things[1]));
    cr_assert_null(ring_pop(&r));
    cr_assert_eq(ring_depth(&r), 0);
    cr_assert(ring_commit(&r));
    cr_assert_not(ring_commit(&r), "there is nothing more");
    cr_assert_eq(ring_depth(&r), 2);
    cr_assert_eq(ring_pop(&r), &things[0]);
    cr_assert(ring_push(&r, &things[2]));
    cr_assert_eq(ring_pop(&r), &things[1]);
    cr_assert_null(ring_pop(&r), "the third is only staged");
    ring_deinit(&r);
}

Test(ring, staged_pushes_count_towards_full)
{
    struct ring r = ring_of(2);

    cr_assert(ring_push(&r, &things[0]));
    cr_assert(ring_push(&r, &things[1]));
    cr_assert_not(ring_push(&r, &things[2]));
    ring_commit(&r);
    cr_assert_not(ring_push(&r, &things[2]));
    cr_assert_eq(ring_pop(&r), &things[0]);
    cr_assert(ring_push(&r, &things[2]), "one place is free again");
    cr_assert_not(ring_push(&r, &things[3]));
    ring_deinit(&r);
}

/* The indices run through 2^32 as well as through the slots. */
Test(ring, keeps_order_while_it_wraps)
{
    struct ring r = ring_of(4);
    uint32_t in = 0, out = 0;

    r.staged = r.head_seen = r.tail_seen = UINT32_MAX - 9;
    atomic_store(&r.tail, UINT32_MAX - 9);
    atomic_store(&r.head, UINT32_MAX - 9);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i <= round % 4; i++)
            cr_assert(ring_push(&r, &things[in++ % 16]));
        ring_commit(&r);
        for (int i = 0; i <= round % 4; i++)
            cr_assert_eq(ring_pop(&r), &things[out++ % 16]);
        cr_assert_null(ring_pop(&r));
    }
    ring_deinit(&r);
}

Test(ring, deinit_accepts_what_was_deinited)
{
    struct ring r = ring_of(4);

    ring_deinit(&r);
    ring_deinit(&r);
}
