#include "loadtest/report/html_file.h"

#include "loadtest/report/charts.h"
#include "loadtest/report/escape.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/histogram_chart.h"
#include "loadtest/report/html_head.h"
#include "loadtest/report/html_style.h"
#include "loadtest/report/html_tables.h"
#include "loadtest/report/series.h"

#include <errno.h>
#include <stdio.h>

/* More points than this are finer than a screen shows. */
#define POINTS 240

static void write_head(FILE *to, const struct results *r)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          /* nothing from elsewhere, and no script: for whoever opens a page that others sent */
          "<meta http-equiv=\"Content-Security-Policy\" "
          "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>simgate-load: ",
          to);
    escape_html(to, figures_setting(r, "target", "load test"));
    fprintf(to, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", html_style);
}

static bool has_trouble(const struct results *r)
{
    for (uint32_t i = 0; i < r->series_count; i++)
        if (r->series[i].errors || r->series[i].retransmissions)
            return true;
    return false;
}

static void write_charts(FILE *to, const struct results *r, const struct series *s)
{
    fputs("<h2>Charts</h2>\n", to);
    if (s->count)
        charts_throughput(to, r, s);
    if (s->count && histogram_count(&r->latency))
        charts_latency(to, r, s);
    if (histogram_count(&r->latency))
        histogram_chart_write(to, r);
    if (has_trouble(r))
        charts_trouble(to, r, s);
    if (s->count)
        charts_load(to, r, s);
}

static void write_page(FILE *to, const struct results *r, const struct judgement *j,
                       const struct series *s)
{
    write_head(to, r);
    html_head_write(to, r, j);
    if (s->count)
        write_charts(to, r, s);
    html_tables_results(to, r, j);
    html_tables_setup(to, r);
    if (s->count)
        html_tables_series(to, s);
    fputs("<footer>Latency percentiles come from a histogram whose buckets are at most one eighth "
          "wide.</footer>\n</main>\n</body>\n</html>\n",
          to);
}

int html_file_write(const char *path, const struct results *r, const struct judgement *j)
{
    struct series series;
    int error = series_init(&series, r, POINTS);
    FILE *to;

    if (error)
        return error;
    to = fopen(path, "we");
    if (!to) {
        error = -errno;
    } else {
        write_page(to, r, j, &series);
        error = ferror(to) ? -EIO : 0;
        if (fclose(to) != 0)
            error = -errno;
    }
    series_deinit(&series);
    return error;
}
