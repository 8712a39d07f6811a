/*
 * The series, the bars of the histogram, the progress line, and the files and the table of all
 * kinds of runs: that they can be written, and that no text breaks out.
 */
#include "base/clock.h"
#include "loadtest/report/histogram_chart.h"
#include "loadtest/report/html_file.h"
#include "loadtest/report/json_file.h"
#include "loadtest/report/progress.h"
#include "loadtest/report/series.h"
#include "loadtest/report/table.h"
#include "tests/unit/loadtest/sample_results.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(series, a_short_run_has_a_point_a_second)
{
    struct results r;
    struct series s;

    sample_results_good(&r, 30);
    cr_assert_eq(series_init(&s, &r, 240), 0);
    cr_assert_eq(s.count, 30);
    cr_assert_eq(s.seconds, 1);
    cr_assert_float_eq(s.end, 30, 1e-9);
    cr_assert_float_eq(s.points[3].sent, 10000, 1e-6);
    cr_assert_float_eq(s.points[29].from, 29, 1e-9);
    series_deinit(&s);
    results_deinit(&r);
}

Test(series, a_long_run_keeps_its_means_and_its_worst)
{
    struct results r;
    struct series s;

    sample_results_good(&r, 3600);
    r.series[1000].p99 = 7 * CLOCK_SECOND;
    r.series[1000].answered = 0;
    cr_assert_eq(series_init(&s, &r, 240), 0);
    cr_assert_eq(s.count, 240);
    cr_assert_eq(s.seconds, 15);
    cr_assert_float_eq(s.points[66].p99, 7, 1e-9);
    cr_assert_float_eq(s.points[66].answered, 10000 * 14 / 15.0, 100);
    cr_assert_float_eq(s.end, 3600, 1e-6);
    series_deinit(&s);
    results_deinit(&r);
}

Test(series, a_short_rest_counts_to_the_second_before)
{
    struct results r;
    struct series s;

    sample_results_good(&r, 2);
    r.series[1].length = CLOCK_SECOND;
    results_append(&r, &(struct results_second){.length = CLOCK_SECOND / 10, .answered = 30});
    r.elapsed = 21 * CLOCK_SECOND / 10;
    cr_assert_eq(series_init(&s, &r, 240), 0);
    cr_assert_eq(s.count, 2);
    cr_assert_float_eq(s.end, 2.1, 1e-9);
    cr_assert_float_eq(s.points[1].sent, 10000 / 1.1, 1e-6);
    series_deinit(&s);

    r.elapsed = 2 * CLOCK_SECOND; /* the rest is draining, and does not lower the rate */
    cr_assert_eq(series_init(&s, &r, 240), 0);
    cr_assert_float_eq(s.end, 2, 1e-9);
    cr_assert_float_eq(s.points[1].sent, 10000, 1e-6);
    series_deinit(&s);
    results_deinit(&r);
}

Test(series, nothing_at_all)
{
    struct results r;
    struct series s;

    results_init(&r);
    cr_assert_eq(series_init(&s, &r, 240), 0);
    cr_assert_eq(s.count, 0);
    series_deinit(&s);
}

static double total(const struct histogram_bars *b)
{
    double sum = 0;

    for (unsigned i = 0; i < b->count; i++)
        sum += b->counts[i];
    return sum;
}

Test(histogram_bars, keep_every_count)
{
    struct histogram h = {0};
    struct histogram_bars b = histogram_chart_bars(&h);

    cr_assert_eq(b.count, 0);
    histogram_record_many(&h, 1234567, 10);
    b = histogram_chart_bars(&h);
    cr_assert(b.count >= 1 && b.from <= 1234567);
    cr_assert_float_eq(total(&b), 10, 1e-6);
    histogram_record(&h, 0);
    histogram_record(&h, UINT64_C(1) << 45);
    b = histogram_chart_bars(&h);
    cr_assert_leq(b.count, HISTOGRAM_CHART_BARS);
    cr_assert_float_eq(total(&b), 12, 1e-6);
}

/* As much in each part of a logarithmic axis gives bars of one height, whatever the widths of the
 * histogram's buckets. */
Test(histogram_bars, have_no_teeth)
{
    struct histogram h = {0};
    struct histogram_bars b;

    for (double at = 1e5; at < 1e7; at *= 1.0002)
        histogram_record(&h, (uint64_t)at);
    b = histogram_chart_bars(&h);
    for (unsigned i = 2; i + 2 < b.count; i++)
        cr_assert(b.counts[i] > 0.9 * b.largest, "bar %u of %u is %g of %g", i, b.count,
                  b.counts[i], b.largest);
}

static size_t columns_of(const char *line)
{
    size_t columns = 0;

    for (; *line; line++) {
        if (*line == '\033')
            line = strchr(line, 'm');
        else
            columns++;
    }
    return columns;
}

Test(progress, the_line_fits_with_and_without_colour)
{
    char line[PROGRESS_LINE];
    struct results r;

    sample_results_good(&r, 12);
    progress_line(line, &r, 0, false);
    cr_assert(strstr(line, " 12 s  10,000 sent/s"), "%s", line);
    cr_assert(strstr(line, "0 errors") && !strchr(line, '\033'), "%s", line);
    cr_assert_leq(columns_of(line), 79, "%s", line);
    for (unsigned columns = 1; columns < 100; columns++) {
        progress_line(line, &r, columns, false);
        cr_assert_leq(columns_of(line), columns, "%s", line);
        progress_line(line, &r, columns, true);
        cr_assert_leq(columns_of(line), columns, "%s", line);
    }
    results_deinit(&r);
}

Test(progress, the_preparation)
{
    char line[PROGRESS_LINE];
    struct results r;

    results_init(&r);
    r.devices = 1000;
    r.devices_ready = 10;
    progress_line(line, &r, 79, false);
    cr_assert_str_eq(line, "preparing  10 of 1,000 devices are ready");
}

static char *contents(const char *path)
{
    FILE *f = fopen(path, "re");
    char *text = calloc(1, 1 << 21);

    cr_assert(f && text);
    cr_assert_lt(fread(text, 1, (1 << 21) - 1, f), (1 << 21) - 1);
    fclose(f);
    return text;
}

/* Writes all there is of a run, which is freed. Returns the page, or the JSON. */
static char *written(struct results *r, bool json)
{
    char path[] = "/tmp/simgate-test-report-XXXXXX";
    struct judgement j = judgement_of(r, &(struct thresholds){0});
    char *text;

    close(mkstemp(path));
    cr_assert_eq(json ? json_file_write(path, r, &j) : html_file_write(path, r, &j), 0);
    text = contents(path);
    unlink(path);
    results_deinit(r);
    return text;
}

static void expect_page(struct results *r, const char *sentence)
{
    char *page = written(r, false);

    cr_assert(strstr(page, "</html>\n"));
    cr_assert(strstr(page, sentence), "%s", sentence);
    cr_assert_not(strstr(page, "nan") || strstr(page, "inf\""), "no place is without a number");
    free(page);
}

static void expect_no_words(struct results *r, const char *words)
{
    char *page = written(r, false);

    cr_assert_not(strstr(page, words), "%s", words);
    free(page);
}

Test(report, pages_of_all_kinds_of_runs)
{
    struct results r;

    sample_results_good(&r, 1);
    expect_page(&r, "<strong>every acknowledged message was delivered</strong>");
    sample_results_good(&r, 3600);
    expect_page(&r, "each point is the mean of 15 seconds");
    sample_results_bad(&r, 30);
    expect_page(&r, "<strong>2 of 296,732 acknowledged messages were never delivered</strong>");
    sample_results_silent(&r, 10);
    expect_page(&r, "nothing was answered");
    results_init(&r);
    expect_page(&r, "<strong>nothing was sent</strong>");
}

Test(report, no_text_breaks_out)
{
    struct results r;
    char *text;

    sample_results_hostile(&r);
    text = written(&r, false);
    cr_assert_not(strstr(text, "<b onclick") || strstr(text, "</script>") || strchr(text, '\001'));
    cr_assert(strstr(text, "&lt;b onclick=&quot;x&quot;&gt;"));
    free(text);
    sample_results_hostile(&r);
    text = written(&r, true);
    cr_assert(strstr(text, "</script><b onclick=\\\"x\\\">&'\\\"\\\\\\u000a\\u0001\357\277\275\""));
    free(text);
}

Test(report, how_many_handshakes_were_resumed)
{
    struct judgement j = {0};
    char *text = NULL;
    struct results r;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    sample_results_good(&r, 1);
    expect_no_words(&r, "<caption>Handshakes</caption>");
    sample_results_good(&r, 1);
    r.resumes = true;
    r.totals.handshakes_full = 700;
    r.totals.handshakes_offered = 1000;
    r.totals.handshakes_resumed = 300;
    table_print(to, &r, &j, false);
    fclose(to);
    cr_assert(strstr(text, "300   of 1,000 offered"), "%s", text);
    free(text);
    expect_page(&r, "<caption>Handshakes</caption>");
}

Test(report, what_of_the_latency_is_our_own)
{
    struct results r;

    sample_results_bad(&r, 30);
    expect_page(&r, "late to read the answers (30.0 s p99)");
    sample_results_bad(&r, 30);
    expect_page(&r, "<caption>Of the latency by simgate-load itself</caption>");
    sample_results_bad(&r, 30);
    r.read_late = (struct results_delay){0};
    results_delay_record(&r.read_late, CLOCK_MILLISECOND / 2);
    expect_no_words(&r, "late to read the answers");
}

/* Nothing but our own line ends and printable bytes goes to the terminal. */
Test(report, the_table_of_a_hostile_run)
{
    struct judgement j;
    struct results r;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    sample_results_hostile(&r);
    j = judgement_of(&r, &(struct thresholds){0});
    table_print(to, &r, &j, false);
    fclose(to);
    cr_assert_not(strchr(text, '\001') || strchr(text, '\033'));
    free(text);
}

static void expect_narrow(struct results *r)
{
    struct judgement j = judgement_of(r, &(struct thresholds){0});
    char *text = NULL, *rest = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    table_print(to, r, &j, false);
    fclose(to);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        cr_assert_leq(strlen(line), 80, "%s", line);
    free(text);
    results_deinit(r);
}

Test(report, the_table_has_80_columns)
{
    struct results r;

    sample_results_good(&r, 3600);
    expect_narrow(&r);
    sample_results_bad(&r, 30);
    r.steps[RESULTS_HANDSHAKE] = r.steps[RESULTS_MESSAGE];
    expect_narrow(&r);
    sample_results_silent(&r, 10);
    expect_narrow(&r);
}

Test(report, a_file_that_cannot_be_written)
{
    struct judgement j = {0};
    struct results r;

    sample_results_good(&r, 1);
    cr_assert_eq(html_file_write("/nowhere/x", &r, &j), -ENOENT);
    cr_assert_eq(json_file_write("/nowhere/x", &r, &j), -ENOENT);
    cr_assert_eq(json_file_write("/dev/full", &r, &j), -ENOSPC);
    cr_assert_eq(html_file_write("/dev/full", &r, &j) < 0, true);
    results_deinit(&r);
}
