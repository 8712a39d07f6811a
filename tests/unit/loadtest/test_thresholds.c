#include "loadtest/report/judgement.h"
#include "loadtest/report/thresholds.h"
#include "loadtest/report_options.h"
#include "tests/unit/loadtest/sample_results.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static double limit_of(const char *option, enum threshold_kind kind, const char *value)
{
    struct thresholds t = {0};

    cr_assert_eq(thresholds_set(&t, option, value), 0, "%s %s", option, value);
    cr_assert(t.is_set[kind]);
    return t.limit[kind];
}

Test(thresholds, values_and_their_units)
{
    cr_assert_float_eq(limit_of("max-p99", THRESHOLD_P99, "5ms"), 5e6, 1e-6);
    cr_assert_float_eq(limit_of("max-p99.9", THRESHOLD_P999, "1.5s"), 1.5e9, 1e-6);
    cr_assert_float_eq(limit_of("max-p50", THRESHOLD_P50, "200us"), 2e5, 1e-6);
    cr_assert_float_eq(limit_of("max-latency", THRESHOLD_MAX, "1m"), 6e10, 1e-6);
    cr_assert_float_eq(limit_of("max-cpu", THRESHOLD_CPU, "5.2\302\265s"), 5200, 1e-6);
    cr_assert_float_eq(limit_of("max-loss", THRESHOLD_LOSS, "0.1%"), 0.001, 1e-12);
    cr_assert_float_eq(limit_of("max-loss", THRESHOLD_LOSS, "0.001"), 0.001, 1e-12);
    cr_assert_float_eq(limit_of("max-loss", THRESHOLD_LOSS, "0"), 0, 1e-12);
    cr_assert_float_eq(limit_of("max-retransmissions", THRESHOLD_RETRANSMISSIONS, "150%"), 1.5,
                       1e-12);
    cr_assert_float_eq(limit_of("min-rate", THRESHOLD_RATE, "10000"), 10000, 1e-6);
    cr_assert_float_eq(limit_of("min-rate", THRESHOLD_RATE, "1e4/s"), 10000, 1e-6);
}

Test(thresholds, what_is_no_value)
{
    static const char *const wrong[][2] = {
        {"max-p99", ""},     {"max-p99", "5"},        {"max-p99", "5 ms"},  {"max-p99", "-5ms"},
        {"max-p99", "nans"}, {"max-p99", "5%"},       {"max-p99", "ms"},    {"max-p99", "5msx"},
        {"max-loss", "2"},   {"max-loss", "101%"},    {"max-loss", "5ms"},  {"max-loss", "-1%"},
        {"max-loss", "nan"}, {"min-rate", "fast"},    {"min-rate", "inf"},  {"min-rate", "10%"},
        {"min-rate", "-1"},  {"max-errors", "0.1 %"}, {"max-p99.9", "inf"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct thresholds t = {0};

        cr_assert_eq(thresholds_set(&t, wrong[i][0], wrong[i][1]), -EINVAL, "%s %s", wrong[i][0],
                     wrong[i][1]);
        for (enum threshold_kind kind = 0; kind < THRESHOLD_KINDS; kind++)
            cr_assert_not(t.is_set[kind]);
    }
    cr_assert_eq(thresholds_set(&(struct thresholds){0}, "max-p98", "5ms"), -ENOENT);
}

Test(thresholds, each_has_an_option)
{
    struct option_group group = report_option_group();

    for (enum threshold_kind kind = 0; kind < THRESHOLD_KINDS; kind++) {
        bool found = false;

        for (size_t i = 0; i < group.count; i++)
            found |= strcmp(group.rows[i].name, threshold_option(kind)) == 0;
        cr_assert(found, "no option --%s", threshold_option(kind));
    }
}

static struct judgement judge(const struct results *r, const char *option, const char *value)
{
    struct thresholds t = {0};

    if (option)
        cr_assert_eq(thresholds_set(&t, option, value), 0);
    return judgement_of(r, &t);
}

static bool passes(const struct results *r, const char *option, const char *value)
{
    return judge(r, option, value).passed;
}

Test(thresholds, a_good_run)
{
    struct results r;

    sample_results_good(&r, 3);
    cr_assert(passes(&r, NULL, NULL));
    cr_assert_eq(judge(&r, NULL, NULL).count, 2, "loss and errors are always looked at");
    cr_assert(passes(&r, "max-p50", "1ms"));
    cr_assert_not(passes(&r, "max-p50", "100us"));
    cr_assert(passes(&r, "max-latency", "10s"));
    cr_assert_not(passes(&r, "max-latency", "1ms"));
    cr_assert(passes(&r, "min-rate", "10000"), "the limit itself passes");
    cr_assert_not(passes(&r, "min-rate", "10001"));
    cr_assert(passes(&r, "max-cpu", "5us"));
    cr_assert_not(passes(&r, "max-cpu", "4us"));
    r.server_measured = false;
    cr_assert_not(passes(&r, "max-cpu", "5us"), "nobody knows");
    results_deinit(&r);
}

Test(thresholds, losses_and_errors_are_apart)
{
    struct results r;

    sample_results_good(&r, 1);
    r.totals.timeouts = 5;
    r.totals.open = 3;
    r.totals.succeeded -= 8;
    r.totals.sent -= 2;
    r.totals.succeeded -= 2;
    r.totals.unsent = 2; /* 10 of 10,000 were lost */
    cr_assert_not(passes(&r, NULL, NULL));
    cr_assert(passes(&r, "max-loss", "0.1%"));
    cr_assert_not(passes(&r, "max-loss", "0.09%"));
    r.totals.timeouts += 60;
    r.totals.succeeded -= 60;
    cr_assert(passes(&r, "max-loss", "0.7%"), "the limit itself passes");
    r.totals.timeouts -= 60;
    cr_assert_not(passes(&r, "max-errors", "100%"));
    r.totals.timeouts = r.totals.open = r.totals.unsent = 0;
    r.totals.refused = 4;
    r.totals.rejected = 3;
    r.totals.failed_handshakes = 2;
    cr_assert_not(passes(&r, NULL, NULL));
    cr_assert(passes(&r, "max-errors", "0.1%"));
    cr_assert_not(passes(&r, "max-errors", "0.08%"));
    results_deinit(&r);
}

Test(thresholds, nothing_was_sent)
{
    struct results r;

    results_init(&r);
    cr_assert_not(passes(&r, NULL, NULL));
    cr_assert_not(passes(&r, "max-loss", "100%"));
}

Test(thresholds, nothing_was_answered)
{
    struct results r;

    sample_results_silent(&r, 1);
    cr_assert(passes(&r, "max-loss", "100%"));
    cr_assert_eq(judge(&r, "max-p99", "1h").missed, 2, "there is no p99");
    results_deinit(&r);
}

Test(thresholds, a_lost_message_is_never_forgiven)
{
    struct results r;

    sample_results_good(&r, 1);
    r.verification.lost = 1;
    cr_assert_not(passes(&r, "max-loss", "100%"));
    r.verification.lost = 0;
    r.verification.state = RESULTS_VERIFY_IMPOSSIBLE;
    cr_assert_not(passes(&r, NULL, NULL));
    r.verification.state = RESULTS_NOT_VERIFIED;
    cr_assert(passes(&r, NULL, NULL));
    results_deinit(&r);
}

Test(thresholds, words)
{
    char text[THRESHOLD_TEXT];
    struct threshold_outcome o = {.kind = THRESHOLD_P99, .limit = 5e6, .actual = 1.24e6};

    cr_assert_str_eq(threshold_actual(&o, text, "us"), "unknown");
    o.known = true;
    cr_assert_str_eq(threshold_actual(&o, text, "us"), "1.24 ms");
    cr_assert_str_eq(threshold_limit(&o, text, "us"), "at most 5.00 ms");
    o.kind = THRESHOLD_RATE;
    o.limit = 10000;
    cr_assert_str_eq(threshold_limit(&o, text, "us"), "at least 10,000 /s");
}
