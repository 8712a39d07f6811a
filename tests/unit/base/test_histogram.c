#include "base/histogram.h"

#include "base/clock.h"

#include <criterion/criterion.h>

/* The first duration that counts in the last bucket with all that are longer. */
#define LAST_BUCKET_FROM (UINT64_C(15) << 42)

Test(histogram, buckets_are_adjacent_and_at_most_an_eighth_wide)
{
    uint64_t lower = 0;

    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        uint64_t upper = histogram_upper_bound(bucket);

        cr_assert_gt(upper, lower);
        cr_assert(upper - lower == 1 || (upper - lower) * 8 <= lower, "bucket %u", bucket);
        cr_assert_eq(histogram_bucket(lower), bucket);
        cr_assert_eq(histogram_bucket(upper - 1), bucket);
        lower = upper;
    }
    cr_assert_eq(lower, UINT64_C(1) << 46);
}

Test(histogram, what_is_too_long_counts_in_the_last_bucket)
{
    cr_assert_eq(histogram_bucket(LAST_BUCKET_FROM - 1), HISTOGRAM_BUCKETS - 2);
    cr_assert_eq(histogram_bucket(LAST_BUCKET_FROM), HISTOGRAM_BUCKETS - 1);
    cr_assert_eq(histogram_bucket(UINT64_C(1) << 46), HISTOGRAM_BUCKETS - 1);
    cr_assert_eq(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

Test(histogram, an_empty_one)
{
    struct histogram h = {0};

    cr_assert_eq(histogram_count(&h), 0);
    cr_assert_eq(histogram_quantile(&h, 0.0), 0);
    cr_assert_eq(histogram_quantile(&h, 1.0), 0);
    cr_assert_eq(histogram_count_below(&h, UINT64_MAX), 0);
}

Test(histogram, counts_and_sums)
{
    struct histogram h = {0}, sum = {0};

    histogram_record(&h, 0);
    histogram_record(&h, 5);
    histogram_record(&h, CLOCK_SECOND);
    cr_assert_eq(histogram_count(&h), 3);
    cr_assert_eq(h.sum, CLOCK_SECOND + 5);
    histogram_merge(&sum, &h);
    histogram_merge(&sum, &h);
    cr_assert_eq(histogram_count(&sum), 6);
    cr_assert_eq(sum.sum, 2 * CLOCK_SECOND + 10);
}

Test(histogram, counting_below_a_power_of_two_is_exact)
{
    struct histogram h = {0};

    for (uint32_t power = 0; power < 46; power++) {
        histogram_record(&h, (UINT64_C(1) << power) - 1);
        histogram_record(&h, UINT64_C(1) << power);
    }
    for (uint32_t power = 0; power < 46; power++)
        cr_expect_eq(histogram_count_below(&h, UINT64_C(1) << power), power ? 2 * power + 1 : 1,
                     "below 2^%u", power);
}

Test(histogram, quantiles_of_one)
{
    struct histogram h = {0};

    histogram_record(&h, 7);
    cr_assert_eq(histogram_quantile(&h, 0.0), 7);
    cr_assert_eq(histogram_quantile(&h, 0.5), 7);
    cr_assert_eq(histogram_quantile(&h, 1.0), 7);
}

/* Even spread: the true quantile is known, and the answer may exceed it by an eighth. */
Test(histogram, quantiles_err_upwards_by_an_eighth_at_most)
{
    static const double fractions[] = {0.01, 0.5, 0.9, 0.99, 0.999, 1.0};
    struct histogram h = {0};

    for (uint64_t us = 1; us <= 10000; us++)
        histogram_record(&h, us * CLOCK_MICROSECOND);
    for (size_t i = 0; i < sizeof(fractions) / sizeof(fractions[0]); i++) {
        double exact = fractions[i] * 10000.0 * (double)CLOCK_MICROSECOND;
        double answer = (double)histogram_quantile(&h, fractions[i]);

        cr_expect(answer >= exact && answer <= exact * 1.125, "%g: %g for %g", fractions[i], answer,
                  exact);
    }
}
