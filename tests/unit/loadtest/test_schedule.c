#include "loadtest/schedule.h"

#include "base/clock.h"

#include <criterion/criterion.h>

#define START UINT64_C(1000)
#define MS    CLOCK_MILLISECOND

static uint32_t take_all(struct schedule *s, uint64_t now)
{
    uint32_t count = 0;
    uint64_t since;

    while (count < 100000 && schedule_take(s, now, count, &since))
        count++;
    return count;
}

Test(schedule, open_loop_starts_at_its_instants)
{
    struct schedule s = schedule_open(1000, START, CLOCK_SECOND, 0);
    uint64_t since;

    cr_assert(schedule_take(&s, START, 0, &since));
    cr_assert_eq(since, START);
    cr_assert_not(schedule_take(&s, START + MS - 1, 0, &since));
    cr_assert_eq(schedule_next(&s), START + MS);
    cr_assert(schedule_take(&s, START + MS, 1000000, &since), "open requests do not matter");
}

Test(schedule, open_loop_counts_latency_from_the_instant_it_missed)
{
    struct schedule s = schedule_open(1000, START, CLOCK_SECOND, 0);
    uint64_t since;

    cr_assert(schedule_take(&s, START + 500 * MS, 0, &since));
    cr_assert_eq(since, START);
    cr_assert(schedule_take(&s, START + 500 * MS, 0, &since));
    cr_assert_eq(since, START + MS);
    cr_assert_eq(schedule_overdue(&s, START + 500 * MS), 499);
}

Test(schedule, open_loop_keeps_its_rate_whatever_the_rounding)
{
    static const double rates[] = {1, 3, 7, 333, 1001, 77777};

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct schedule s = schedule_open(rates[i], START, CLOCK_SECOND, 0);
        uint64_t end = START + CLOCK_SECOND;
        uint64_t due = schedule_overdue(&s, end);

        cr_assert_leq(due, (uint64_t)rates[i] + 1);
        cr_assert_eq(take_all(&s, end), due, "rate %f", rates[i]);
        cr_assert_geq(due, (uint64_t)rates[i]);
        cr_assert_eq(schedule_overdue(&s, end), 0);
        cr_assert_eq(schedule_next(&s), CLOCK_NEVER);
    }
}

Test(schedule, open_loop_ends_after_its_count)
{
    struct schedule s = schedule_open(1000, START, 0, 5);

    cr_assert_not(schedule_is_over(&s, START + 3 * MS));
    cr_assert(schedule_is_over(&s, START + 4 * MS), "all five are due");
    cr_assert_eq(schedule_overdue(&s, START + 4 * MS), 5);
    cr_assert_eq(take_all(&s, START + 60 * MS), 5);
}

#define ARRIVALS 100000

/* The gaps between so many starts of a Poisson process, in their mean intervals. */
static void draw_gaps(double gaps[ARRIVALS], uint64_t seed)
{
    struct schedule s = schedule_poisson(1000, seed, START, 0, ARRIVALS);
    uint64_t since, before = START;

    for (uint32_t i = 0; i < ARRIVALS; i++) {
        cr_assert(schedule_take(&s, CLOCK_NEVER - 1, i, &since));
        gaps[i] = (double)(since - before) / (double)MS;
        before = since;
    }
    cr_assert_not(schedule_take(&s, CLOCK_NEVER - 1, 0, &since));
}

/* Exponential: mean and deviation are one, and e^-1 of the gaps are longer than that. */
Test(schedule, poisson_arrivals_are_independent)
{
    static double gaps[ARRIVALS];
    double sum = 0, squares = 0, pairs = 0;
    uint32_t longer = 0;

    draw_gaps(gaps, 7);
    for (uint32_t i = 0; i < ARRIVALS; i++) {
        sum += gaps[i];
        squares += gaps[i] * gaps[i];
        pairs += i ? (gaps[i] - 1) * (gaps[i - 1] - 1) : 0;
        longer += gaps[i] > 1;
    }
    cr_expect_float_eq(sum / ARRIVALS, 1, 0.02);
    cr_expect_float_eq(squares / ARRIVALS, 2, 0.08);
    cr_expect_float_eq(pairs / ARRIVALS, 0, 0.02, "one gap says nothing of the next");
    cr_expect_float_eq((double)longer / ARRIVALS, 0.3679, 0.01);
}

Test(schedule, the_same_seed_gives_the_same_instants)
{
    static double gaps[3][ARRIVALS];

    draw_gaps(gaps[0], 1);
    draw_gaps(gaps[1], 1);
    draw_gaps(gaps[2], 2);
    cr_assert_arr_eq(gaps[0], gaps[1], sizeof(gaps[0]));
    cr_assert_arr_neq(gaps[0], gaps[2], sizeof(gaps[0]));
}

Test(schedule, poisson_arrivals_that_are_overdue_are_all_taken)
{
    struct schedule s = schedule_poisson(1000, 3, START, CLOCK_SECOND, 0);
    uint64_t due = schedule_overdue(&s, START + CLOCK_SECOND / 2);
    uint64_t since;

    cr_assert(due > 400 && due < 600, "%llu", (unsigned long long)due);
    cr_assert(schedule_take(&s, START + CLOCK_SECOND / 2, 0, &since));
    cr_assert_eq(schedule_overdue(&s, START + CLOCK_SECOND / 2), due - 1);
    cr_assert_eq(take_all(&s, START + CLOCK_SECOND / 2), due - 1);
    cr_assert_eq(schedule_overdue(&s, START + CLOCK_SECOND / 2), 0);
    cr_assert(schedule_next(&s) > START + CLOCK_SECOND / 2);
    due = schedule_overdue(&s, START + 2 * CLOCK_SECOND);
    cr_assert_eq(take_all(&s, START + 2 * CLOCK_SECOND), due);
    cr_assert_eq(schedule_next(&s), CLOCK_NEVER);
}

Test(schedule, poisson_arrivals_end_after_their_count)
{
    struct schedule s = schedule_poisson(1000, 5, START, 0, 5);

    cr_assert_not(schedule_is_over(&s, START));
    cr_assert(schedule_is_over(&s, START + CLOCK_SECOND));
    cr_assert_eq(schedule_overdue(&s, START + CLOCK_SECOND), 5);
    cr_assert_eq(take_all(&s, START + CLOCK_SECOND), 5);
}

Test(schedule, closed_loop_keeps_the_window)
{
    struct schedule s = schedule_closed(10, START, CLOCK_SECOND, 0);
    uint64_t since;

    cr_assert_eq(take_all(&s, START), 10);
    cr_assert(schedule_take(&s, START + MS, 9, &since));
    cr_assert_eq(since, START + MS);
    cr_assert_not(schedule_take(&s, START + MS, 10, &since));
}

Test(schedule, closed_loop_starts_nothing_after_its_end)
{
    struct schedule s = schedule_closed(10, START, CLOCK_SECOND, 0);

    cr_assert_not(schedule_is_over(&s, START + CLOCK_SECOND - 1));
    cr_assert(schedule_is_over(&s, START + CLOCK_SECOND));
    cr_assert_eq(take_all(&s, START + CLOCK_SECOND), 0);
    cr_assert_eq(schedule_overdue(&s, START + CLOCK_SECOND), 0);
}

Test(schedule, closed_loop_ends_after_its_count)
{
    struct schedule s = schedule_closed(10, START, 0, 3);

    cr_assert_eq(take_all(&s, START), 3);
    cr_assert(schedule_is_over(&s, START));
}

Test(schedule, stop_leaves_what_is_due)
{
    struct schedule s = schedule_open(1000, START, CLOCK_SECOND, 0);

    schedule_stop(&s, START + 10 * MS);
    cr_assert_eq(schedule_overdue(&s, START + 900 * MS), 11);
    cr_assert_eq(take_all(&s, START + 900 * MS), 11);
}
