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
