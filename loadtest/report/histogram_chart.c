#include "loadtest/report/histogram_chart.h"

#include "base/clock.h"
#include "loadtest/report/chart.h"
#include "loadtest/report/figure.h"
#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define MOST_BARS     96
#define LEAST_OCTAVES 0.125 /* a bar's width, in powers of two; no bucket is much narrower */

#define LABELS       (FIGURES_QUANTILES + 1)
#define LABEL_HEIGHT 15.0
#define LABEL_LETTER 7.2

static double lower_bound(uint32_t bucket)
{
    return bucket ? (double)histogram_upper_bound(bucket - 1) : 0.5;
}

static void spread(struct histogram_bars *b, uint32_t bucket, double count)
{
    double low = log(lower_bound(bucket) / b->from) / log(b->ratio);
    double high = log((double)histogram_upper_bound(bucket) / b->from) / log(b->ratio);

    for (unsigned i = (unsigned)(low > 0 ? low : 0); i < b->count && i < high; i++) {
        double overlap = fmin(high, i + 1) - fmax(low, i);

        if (overlap > 0)
            b->counts[i] += count * overlap / (high - low);
    }
}

struct histogram_bars histogram_chart_bars(const struct histogram *h)
{
    struct histogram_bars b = {0};
    uint32_t first = HISTOGRAM_BUCKETS, last = 0;
    double octaves, step;

    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (!h->counts[i])
            continue;
        first = i < first ? i : first;
        last = i;
    }
    if (first == HISTOGRAM_BUCKETS)
        return b;
    b.from = lower_bound(first);
    octaves = log2((double)histogram_upper_bound(last) / b.from);
    step = fmax(LEAST_OCTAVES, octaves / MOST_BARS);
    b.count = (unsigned)ceil(octaves / step - 1e-9);
    b.ratio = exp2(octaves / b.count);
    for (uint32_t i = first; i <= last; i++)
        spread(&b, i, (double)h->counts[i]);
    for (unsigned i = 0; i < b.count; i++)
        b.largest = fmax(b.largest, b.counts[i]);
    return b;
}

/* A percentile and where it stands. */
struct label {
    char text[2 * FORMAT_TEXT];
    double place, left;
    unsigned row; /* counted upwards */
};

static void set_label(struct label *l, const struct chart *c, const char *name, uint64_t latency)
{
    char duration[FORMAT_TEXT];

    snprintf(l->text, sizeof(l->text), "%s %s", name,
             format_duration(duration, latency, FORMAT_US_SIGN));
    l->place = scale_place(&c->x, (double)latency / CLOCK_SECOND);
    l->left = fmin(l->place + 4, c->right + 10 - LABEL_LETTER * (double)strlen(l->text));
}

/* From right to left each takes the lowest row in which it meets neither a label nor the line that
 * goes up to a label in a row above. Returns how many rows that takes. */
static unsigned stack_labels(struct label labels[static LABELS])
{
    double free_until[LABELS];
    unsigned rows = 1;

    for (unsigned i = 0; i < LABELS; i++)
        free_until[i] = INFINITY;
    for (unsigned i = LABELS; i-- > 0;) {
        struct label *l = &labels[i];
        double end = l->left + LABEL_LETTER * (double)strlen(l->text) + 4;

        while (l->row + 1 < LABELS && end > free_until[l->row])
            l->row++;
        for (unsigned row = 0; row <= l->row; row++)
            free_until[row] = fmin(free_until[row], row < l->row ? l->place : l->left - 4);
        rows = l->row + 1 > rows ? l->row + 1 : rows;
    }
    return rows;
}

static unsigned place_labels(struct label labels[static LABELS], const struct chart *c,
                             const struct results *r)
{
    memset(labels, 0, LABELS * sizeof(*labels));
    for (size_t i = 0; i < FIGURES_QUANTILES; i++)
        set_label(&labels[i], c, figures_quantiles[i].name,
                  results_quantile(&r->latency, figures_quantiles[i].fraction, r->latency_max));
    set_label(&labels[FIGURES_QUANTILES], c, "max", r->latency_max);
    return stack_labels(labels);
}

static void draw_labels(struct chart *c, const struct label labels[static LABELS])
{
    for (unsigned i = 0; i < LABELS; i++) {
        double y = c->top - LABEL_HEIGHT * labels[i].row - 4;

        svg_line(&c->svg, "quantile", labels[i].place, y - 10, labels[i].place, c->bottom);
        svg_text(&c->svg, "label", labels[i].left, y, labels[i].text);
    }
}

static void say_bar(char text[static CHART_TIP], double low, double high, double count,
                    double total)
{
    char a[FORMAT_TEXT], b[FORMAT_TEXT], c[FORMAT_TEXT], d[FORMAT_TEXT];

    snprintf(text, CHART_TIP, "%s to %s: about %s, %s",
             format_duration(a, (uint64_t)low, FORMAT_US_SIGN),
             format_duration(b, (uint64_t)high, FORMAT_US_SIGN),
             format_count(c, (uint64_t)ceil(count)), format_share(d, count / total));
}

/* A bar of what is rare has a pixel all the same, so that outliers are seen. */
static void draw_bars(struct chart *c, const struct histogram_bars *b, double total)
{
    for (unsigned i = 0; i < b->count; i++) {
        double low = b->from * pow(b->ratio, i);
        double left = scale_place(&c->x, low / CLOCK_SECOND);
        double right = scale_place(&c->x, low * b->ratio / CLOCK_SECOND);
        double top = fmin(scale_place(&c->y, b->counts[i] / total), c->bottom - 1);
        char tip[CHART_TIP];

        if (b->counts[i] <= 0)
            continue;
        say_bar(tip, low, low * b->ratio, b->counts[i], total);
        svg_rect(&c->svg, "bar", left, top, fmax(right - left - 0.6, 0.6), c->bottom - top,
                 c->wide ? tip : NULL);
    }
}

static void draw(FILE *to, bool wide, const struct results *r)
{
    struct histogram_bars b = histogram_chart_bars(&r->latency);
    double total = (double)histogram_count(&r->latency);
    char description[CHART_TIP], p50[FORMAT_TEXT], p99[FORMAT_TEXT];
    struct label labels[LABELS];
    struct chart c;

    snprintf(
        description, sizeof(description),
        "Half of the operations took at most %s, 99 of 100 at most %s.",
        format_duration(p50, results_quantile(&r->latency, 0.5, r->latency_max), FORMAT_US_SIGN),
        format_duration(p99, results_quantile(&r->latency, 0.99, r->latency_max), FORMAT_US_SIGN));
    chart_init(&c, wide, scale_from_zero(b.largest / total, 4, 0, 0), format_whole_share);
    chart_set_x(
        &c, scale_log(b.from / CLOCK_SECOND, b.from * pow(b.ratio, b.count) / CLOCK_SECOND, 0, 0));
    c.top += LABEL_HEIGHT * place_labels(labels, &c, r);
    chart_begin(&c, to, "histogram", "Latency histogram", description);
    chart_x_axis(&c, format_whole_duration);
    draw_bars(&c, &b, total);
    draw_labels(&c, labels);
    chart_end(&c);
}

void histogram_chart_write(FILE *to, const struct results *r)
{
    char words[CHART_TIP];

    snprintf(words, sizeof(words),
             "Share of operations by latency, from %s; logarithmic scale of time",
             figures_latency_from(r));
    figure_begin(to, "Latency histogram", words, NULL, 0);
    draw(to, true, r);
    draw(to, false, r);
    figure_end(to);
}
