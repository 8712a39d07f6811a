#include "loadtest/report/chart.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define WIDE        760
#define NARROW      360
#define LETTER      7.0 /* about the width of a digit */
#define TICK_GAP    8.0
#define MARGIN      14.0 /* above and to the right, for half a label */
#define FOOT        30.0 /* below, for the labels */
#define Y_TICKS     5
#define FEW         24 /* points are dots as well */
#define SHADE_LABEL 70.0

void chart_begin(struct chart *c, FILE *to, bool wide, const char *name, const char *title,
                 const char *description)
{
    double width = wide ? WIDE : NARROW;
    char id[64];

    *c = (struct chart){.wide = wide,
                        .left = MARGIN,
                        .top = MARGIN,
                        .right = width - MARGIN,
                        .bottom = CHART_HEIGHT - FOOT};
    snprintf(id, sizeof(id), "%s-%s", name, wide ? "wide" : "narrow");
    svg_begin(&c->svg, to, width, CHART_HEIGHT, id, title, description);
}

void chart_end(struct chart *c)
{
    svg_end(&c->svg);
}

void chart_y_axis(struct chart *c, struct scale y, chart_label label)
{
    struct ticks ticks = scale_ticks(&y, Y_TICKS + 1);
    char text[FORMAT_TEXT];
    size_t longest = 0;

    for (unsigned i = 0; i < ticks.count; i++) {
        size_t length = strlen(label(text, ticks.at[i]));

        longest = length > longest ? length : longest;
    }
    c->left = LETTER * (double)longest + TICK_GAP;
    c->y = y;
    c->y.start = c->bottom;
    c->y.end = c->top;
    for (unsigned i = 0; i < ticks.count; i++) {
        double place = scale_place(&c->y, ticks.at[i]);

        svg_line(&c->svg, "grid", c->left, place, c->right, place);
        svg_text(&c->svg, "tick y", c->left - TICK_GAP, place + 4, label(text, ticks.at[i]));
    }
}

static void draw_x_tick(struct chart *c, double at, const char *text)
{
    double place = scale_place(&c->x, at);
    double half = LETTER * (double)strlen(text) / 2;
    const char *class = "tick x";
    double text_place = place;

    if (place + half > c->right + MARGIN) { /* would be cut off */
        class = "tick last";
        text_place = c->right + MARGIN - 1;
    }
    svg_line(&c->svg, "mark", place, c->bottom, place, c->bottom + 4);
    svg_text(&c->svg, class, text_place, c->bottom + 19, text);
}

static void begin_x(struct chart *c, struct scale x)
{
    c->x = x;
    c->x.start = c->left;
    c->x.end = c->right;
    svg_line(&c->svg, "axis", c->left, c->bottom, c->right, c->bottom);
}

const char *chart_time_label(char text[static FORMAT_TEXT], double seconds, double end)
{
    uint64_t whole = (uint64_t)(seconds + 0.5);

    if (end >= 3600)
        snprintf(text, FORMAT_TEXT, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, whole / 3600,
                 whole / 60 % 60, whole % 60);
    else if (end >= 120)
        snprintf(text, FORMAT_TEXT, "%" PRIu64 ":%02" PRIu64, whole / 60, whole % 60);
    else
        snprintf(text, FORMAT_TEXT, "%.10g s", round(seconds * 1000) / 1000);
    return text;
}

void chart_time_axis(struct chart *c, double seconds)
{
    struct scale x = {.to = seconds > 0 ? seconds : 1};
    struct ticks ticks = scale_time_ticks(&x, c->wide ? 10 : 5);
    char text[FORMAT_TEXT];

    begin_x(c, x);
    for (unsigned i = 0; i < ticks.count; i++)
        draw_x_tick(c, ticks.at[i], chart_time_label(text, ticks.at[i], x.to));
}

void chart_x_axis(struct chart *c, struct scale x, chart_label label)
{
    struct ticks ticks = scale_ticks(&x, c->wide ? 10 : 5);
    char text[FORMAT_TEXT];

    begin_x(c, x);
    for (unsigned i = 0; i < ticks.count; i++)
        draw_x_tick(c, ticks.at[i], label(text, ticks.at[i]));
}

static double middle(const struct chart *c, const struct series_point *p)
{
    return scale_place(&c->x, (p->from + p->to) / 2);
}

void chart_line(struct chart *c, const struct series *s, const char *class, chart_value value,
                bool gaps)
{
    char dot[64];

    svg_path_begin(&c->svg, class);
    for (uint32_t i = 0; i < s->count; i++) {
        double v = value(&s->points[i]);

        if (gaps && v <= 0)
            svg_path_lift(&c->svg);
        else
            svg_path_point(&c->svg, middle(c, &s->points[i]), scale_place(&c->y, v));
    }
    svg_path_end(&c->svg);
    snprintf(dot, sizeof(dot), "%s dot", class);
    for (uint32_t i = 0; i < s->count && s->count <= FEW; i++) {
        double v = value(&s->points[i]);

        if (!gaps || v > 0)
            svg_circle(&c->svg, dot, middle(c, &s->points[i]), scale_place(&c->y, v), 2.5);
    }
}

void chart_area(struct chart *c, const struct series *s, const char *class, chart_value value)
{
    if (s->count < 2)
        return;
    svg_path_begin(&c->svg, class);
    svg_path_point(&c->svg, middle(c, &s->points[0]), c->bottom);
    for (uint32_t i = 0; i < s->count; i++)
        svg_path_point(&c->svg, middle(c, &s->points[i]), scale_place(&c->y, value(&s->points[i])));
    svg_path_point(&c->svg, middle(c, &s->points[s->count - 1]), c->bottom);
    svg_path_end(&c->svg);
}

void chart_shade(struct chart *c, double from, const char *text)
{
    double place = scale_place(&c->x, from);

    if (c->right - place < 1)
        return;
    svg_rect(&c->svg, "shade", place, c->top, c->right - place, c->bottom - c->top, NULL);
    if (c->right - place > SHADE_LABEL)
        svg_text(&c->svg, "tick x", (place + c->right) / 2, c->top + 14, text);
}

void chart_tips(struct chart *c, const struct series *s, chart_tip tip)
{
    char text[CHART_TIP];

    for (uint32_t i = 0; c->wide && i < s->count; i++) {
        double from = scale_place(&c->x, s->points[i].from);
        double to = scale_place(&c->x, s->points[i].to);

        tip(text, &s->points[i]);
        svg_rect(&c->svg, "tip", from, c->top, to - from, c->bottom - c->top, text);
    }
}
