#include "base/timer_heap.h"

#include "base/clock.h"
#include "base/random.h"

#include <criterion/criterion.h>

#define NODES  200
#define ROUNDS 50000

static struct timer_heap heap_of(uint32_t capacity)
{
    struct timer_heap h;

    cr_assert_eq(timer_heap_init(&h, capacity), 0);
    return h;
}

Test(timer_heap, an_empty_one_never_expires)
{
    struct timer_heap h = heap_of(1);
    struct timer_node n = {0};

    cr_assert_eq(timer_heap_deadline(&h), CLOCK_NEVER);
    cr_assert_null(timer_heap_expire(&h, CLOCK_NEVER));
    timer_disarm(&h, &n);
    cr_assert_not(timer_is_armed(&n));
    timer_heap_deinit(&h);
    timer_heap_deinit(&h);
}

Test(timer_heap, a_deadline_has_come_when_it_is_now)
{
    struct timer_heap h = heap_of(1);
    struct timer_node n = {0};

    timer_arm(&h, &n, 100);
    cr_assert(timer_is_armed(&n));
    cr_assert_null(timer_heap_expire(&h, 99));
    cr_assert_eq(timer_heap_expire(&h, 100), &n);
    cr_assert_not(timer_is_armed(&n));
    cr_assert_null(timer_heap_expire(&h, 100));
    timer_heap_deinit(&h);
}

Test(timer_heap, arming_again_moves)
{
    struct timer_heap h = heap_of(3);
    struct timer_node a = {0}, b = {0}, c = {0};

    timer_arm(&h, &a, 10);
    timer_arm(&h, &b, 20);
    timer_arm(&h, &c, 30);
    timer_arm(&h, &a, 25);
    cr_assert_eq(timer_heap_deadline(&h), 20);
    timer_arm(&h, &c, 5);
    cr_assert_eq(timer_heap_expire(&h, 100), &c);
    cr_assert_eq(timer_heap_expire(&h, 100), &b);
    cr_assert_eq(timer_heap_expire(&h, 100), &a);
    cr_assert_eq(h.count, 0);
    timer_heap_deinit(&h);
}

/* Also to its capacity, and with equal deadlines. */
Test(timer_heap, expires_in_order_of_deadlines)
{
    struct timer_node nodes[NODES] = {{0}};
    struct timer_heap h = heap_of(NODES);
    struct random_source random;
    uint64_t last = 0;

    random_source_seed(&random, 1);
    for (int i = 0; i < NODES; i++)
        timer_arm(&h, &nodes[i], random_below(&random, NODES / 2));
    for (int i = 0; i < NODES; i++) {
        struct timer_node *n = timer_heap_expire(&h, NODES);

        cr_assert_not_null(n);
        cr_assert_geq(n->deadline, last);
        last = n->deadline;
    }
    cr_assert_null(timer_heap_expire(&h, CLOCK_NEVER));
    timer_heap_deinit(&h);
}

/* The model: the earliest of the armed nodes, found by looking at all of them. */
static uint64_t earliest(const struct timer_node *nodes)
{
    uint64_t deadline = CLOCK_NEVER;

    for (int i = 0; i < NODES; i++)
        if (timer_is_armed(&nodes[i]) && nodes[i].deadline < deadline)
            deadline = nodes[i].deadline;
    return deadline;
}

static void expect_positions(const struct timer_heap *h)
{
    for (uint32_t i = 1; i <= h->count; i++)
        cr_assert_eq(h->nodes[i]->position, i);
}

Test(timer_heap, agrees_with_a_model_under_random_operations)
{
    struct timer_node nodes[NODES] = {{0}};
    struct timer_heap h = heap_of(NODES);
    struct random_source random;
    uint64_t now = 0;

    random_source_seed(&random, 2);
    for (int round = 0; round < ROUNDS; round++) {
        struct timer_node *n = &nodes[random_below(&random, NODES)];
        uint64_t expected;

        switch (random_below(&random, 4)) {
        case 0:
            timer_disarm(&h, n);
            cr_assert_not(timer_is_armed(n));
            break;
        case 1:
            now += random_below(&random, 20);
            expected = earliest(nodes);
            n = timer_heap_expire(&h, now);
            cr_assert_eq(n != NULL, expected <= now);
            cr_assert(!n || n->deadline == expected);
            break;
        default:
            timer_arm(&h, n, now + random_below(&random, 1000));
            cr_assert(timer_is_armed(n));
            break;
        }
        cr_assert_eq(timer_heap_deadline(&h), earliest(nodes));
        expect_positions(&h);
    }
    timer_heap_deinit(&h);
}
