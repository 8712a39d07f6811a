#include "loadtest/report/chart.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define WIDE   760
#define NARROW 360
#define LETTER 7.0 /* about the width of a digit */

/* Charts whose labels have at most so many characters (200,000) begin at the same place. */
#define USUAL_LABEL 7

#define TICK_GAP    8.0
#define MARGIN      14.0 /* above and to the right, for half a label */
#define FOOT        30.0 /* below, for the labels */
#define FEW         24   /* points are dots as well */
#define SHADE_LABEL 70.0

void chart_init(struct chart *c, bool wide, struct scale y, chart_label label)
{
    struct ticks ticks = scale_ticks(&y, CHART_Y_TICKS);
    char text[FORMAT_TEXT];
    size_t longest = USUAL_LABEL;

    for (unsigned i = 0; i < ticks.count; i++) {
        size_t length = strlen(label(text, ticks.at[i]));

        longest = length > longest ? length : longest;
    }
    *c = (struct chart){.wide = wide,
                        .left = LETTER * (double)longest + TICK_GAP,
                        .top = MARGIN,
                        .right = (wide ? WIDE : NARROW) - MARGIN,
                        .bottom = CHART_HEIGHT - FOOT,
                        .y = y,
                        .y_label = label};
}

static void draw_y_axis(struct chart *c)
{
    struct ticks ticks = scale_ticks(&c->y, CHART_Y_TICKS);
    char text[FORMAT_TEXT];

    for (unsigned i = 0; i < ticks.count; i++) {
        double place = scale_place(&c->y, ticks.at[i]);

        svg_line(&c->svg, "grid", c->left, place, c->right, place);
        svg_text(&c->svg, "tick y", c->left - TICK_GAP, place + 4, c->y_label(text, ticks.at[i]));
    }
}

void chart_begin(struct chart *c, FILE *to, const char *name, const char *title,
                 const char *description)
{
    char id[64];

    snprintf(id, sizeof(id), "%s-%s", name, c->wide ? "wide" : "narrow");
    svg_begin(&c->svg, to, c->wide ? WIDE : NARROW, CHART_HEIGHT, id, title, description);
    c->y.start = c->bottom;
    c->y.end = c->top;
    draw_y_axis(c);
}

void chart_end(struct chart *c)
{
    svg_end(&c->svg);
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

void chart_set_x(struct chart *c, struct scale x)
{
    c->x = x;
    c->x.start = c->left;
    c->x.end = c->right;
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

static void draw_x_line(struct chart *c)
{
    svg_line(&c->svg, "axis", c->left, c->bottom, c->right, c->bottom);
}

void chart_time_axis(struct chart *c, double seconds)
{
    struct scale x = {.to = seconds > 0 ? seconds : 1};
    struct ticks ticks = scale_time_ticks(&x, c->wide ? 10 : 5);
    char text[FORMAT_TEXT];

    chart_set_x(c, x);
    draw_x_line(c);
    for (unsigned i = 0; i < ticks.count; i++)
        draw_x_tick(c, ticks.at[i], chart_time_label(text, ticks.at[i], x.to));
}

void chart_x_axis(struct chart *c, chart_label label)
{
    struct ticks ticks = scale_ticks(&c->x, c->wide ? 10 : 5);
    char text[FORMAT_TEXT];

    draw_x_line(c);
    for (unsigned i = 0; i < ticks.count; i++)
        draw_x_tick(c, ticks.at[i], label(text, ticks.at[i]));
}

/* Points stand in the middle of their time; a lone one makes a line of all of it. */
static void draw_point(struct chart *c, const struct series *s, const struct series_point *p,
                       double value)
{
    double y = scale_place(&c->y, value);

    if (s->count == 1) {
        svg_path_point(&c->svg, scale_place(&c->x, p->from), y);
        svg_path_point(&c->svg, scale_place(&c->x, p->to), y);
    } else {
        svg_path_point(&c->svg, scale_place(&c->x, (p->from + p->to) / 2), y);
    }
}

void chart_line(struct chart *c, const struct series *s, const char *class, chart_value value,
                bool gaps)
{
    svg_path_begin(&c->svg, class);
    for (uint32_t i = 0; i < s->count; i++) {
        double v = value(&s->points[i]);

        if (gaps && v <= 0)
            svg_path_lift(&c->svg);
        else
            draw_point(c, s, &s->points[i], v);
    }
    svg_path_end(&c->svg);
}

void chart_dots(struct chart *c, const struct series *s, const char *class, chart_value value)
{
    for (uint32_t i = 0; i < s->count && s->count > 1 && s->count <= FEW; i++) {
        const struct series_point *p = &s->points[i];

        if (value(p) > 0)
            svg_circle(&c->svg, class, scale_place(&c->x, (p->from + p->to) / 2),
                       scale_place(&c->y, value(p)), 2.5);
    }
}

void chart_area(struct chart *c, const struct series *s, const char *class, chart_value value)
{
    const struct series_point *first = s->points, *last = first + s->count - 1;
    bool lone = s->count == 1;

    svg_path_begin(&c->svg, class);
    svg_path_point(&c->svg, scale_place(&c->x, lone ? first->from : (first->from + first->to) / 2),
                   c->bottom);
    for (uint32_t i = 0; i < s->count; i++)
        draw_point(c, s, &s->points[i], value(&s->points[i]));
    svg_path_point(&c->svg, scale_place(&c->x, lone ? last->to : (last->from + last->to) / 2),
                   c->bottom);
    svg_path_end(&c->svg);
}

void chart_shade(struct chart *c, double from, const char *text)
{
    double place = scale_place(&c->x, from);

    if (c->right - place < 1)
        return;
    svg_rect(&c->svg, "shade", place, c->top, c->right - place, c->bottom - c->top, NULL);
    if (c->right - place > SHADE_LABEL)
        svg_text(&c->svg, "tick x", (place + c->right) / 2, c->top - 3, text);
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
