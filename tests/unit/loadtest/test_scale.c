#include "loadtest/report/scale.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void expect(struct ticks t, unsigned count, ...)
{
    va_list expected;

    cr_assert_eq(t.count, count, "%u ticks, not %u", t.count, count);
    va_start(expected, count);
    for (unsigned i = 0; i < count; i++) {
        double at = va_arg(expected, double);

        cr_assert(near(t.at[i], at), "tick %u is at %g, not %g", i, t.at[i], at);
    }
    va_end(expected);
}

Test(scale, from_zero_ends_at_a_round_number)
{
    cr_assert(near(scale_from_zero(10050, 6, 0, 1).to, 12000));
    cr_assert(near(scale_from_zero(10000, 5, 0, 1).to, 10000));
    cr_assert(near(scale_from_zero(0.0003, 6, 0, 1).to, 0.0003));
    cr_assert(near(scale_from_zero(1, 6, 0, 1).to, 1));
    cr_assert_gt(scale_from_zero(0, 6, 0, 1).to, 0);
    cr_assert_gt(scale_from_zero(NAN, 6, 0, 1).to, 0);
    cr_assert_gt(scale_from_zero(INFINITY, 6, 0, 1).to, 0);
}

Test(scale, ticks_reach_both_ends)
{
    struct scale s = scale_from_zero(10050, 6, 0, 1);

    expect(scale_ticks(&s, 6), 7, 0.0, 2000.0, 4000.0, 6000.0, 8000.0, 10000.0, 12000.0);
    s = scale_from_zero(0.7, 6, 0, 1);
    expect(scale_ticks(&s, 6), 5, 0.0, 0.2, 0.4, 0.6, 0.8);
}

/* Whatever is to be shown fits, is labelled at its top, and has a handful of ticks. */
Test(scale, any_maximum_has_a_fitting_scale)
{
    for (double most = 1e-9; most < 1e12; most *= 1.037) {
        struct scale s = scale_from_zero(most, 6, 0, 1);
        struct ticks t = scale_ticks(&s, 6);

        cr_assert(s.to >= most * (1 - 1e-9) && s.to <= most * 2.01, "%g to %g", most, s.to);
        cr_assert(t.count >= 3 && t.count <= 8, "%u ticks for %g", t.count, most);
        cr_assert(near(t.at[t.count - 1] / s.to, 1), "%g ends at %g", most, t.at[t.count - 1]);
    }
}

Test(scale, logarithmic)
{
    struct scale s = scale_log(0.00031, 0.042, 0, 100);

    cr_assert(near(s.from, 0.0002) && near(s.to, 0.05));
    cr_assert(near(scale_place(&s, 0.0002), 0) && near(scale_place(&s, 0.05), 100));
    expect(scale_ticks(&s, 10), 8, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2);
    expect(scale_ticks(&s, 4), 2, 1e-3, 1e-2);
}

Test(scale, logarithmic_of_anything)
{
    struct scale s;

    for (double least = 1e-9; least < 1; least *= 1.7)
        for (double ratio = 1; ratio < 1e10; ratio *= 2.3) {
            struct ticks t;

            s = scale_log(least, least * ratio, 0, 100);
            t = scale_ticks(&s, 5);
            cr_assert(s.from > 0 && s.from <= least * (1 + 1e-9));
            cr_assert(s.to >= least * ratio * (1 - 1e-9) && s.to >= 1.9 * s.from);
            cr_assert(t.count >= 2 && t.count <= 8, "%u ticks for %g to %g", t.count, least,
                      least * ratio);
        }
    s = scale_log(0, 0, 0, 100);
    cr_assert(s.from > 0 && s.from < s.to);
}

Test(scale, what_is_outside_is_put_at_the_ends)
{
    struct scale s = scale_from_zero(10, 5, 200, 20);

    cr_assert(near(scale_place(&s, 5), 110));
    cr_assert(near(scale_place(&s, -1), 200));
    cr_assert(near(scale_place(&s, 11), 20));
    cr_assert(near(scale_place(&s, NAN), 200));
    s = scale_log(1, 100, 0, 10);
    cr_assert(near(scale_place(&s, 0), 0));
}

Test(scale, time_ticks_are_those_of_clocks)
{
    struct scale s = {.to = 30, .end = 1};

    expect(scale_time_ticks(&s, 10), 7, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0);
    s.to = 3600;
    expect(scale_time_ticks(&s, 5), 5, 0.0, 900.0, 1800.0, 2700.0, 3600.0);
    s.to = 1;
    expect(scale_time_ticks(&s, 5), 6, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0);
    s.to = 10 * 86400.0;
    expect(scale_time_ticks(&s, 5), 6, 0.0, 172800.0, 345600.0, 518400.0, 691200.0, 864000.0);
    for (s.to = 0.01; s.to < 1e7; s.to *= 1.11) {
        struct ticks t = scale_time_ticks(&s, 10);

        cr_assert(t.count >= 3 && t.count <= 11, "%u ticks for %g s", t.count, s.to);
    }
}
