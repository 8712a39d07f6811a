/*
 * The frame of a chart: axes, grid, lines over time. Each chart is drawn twice, wide and narrow,
 * and the page's style sheet shows the one that fits: so its texts keep their size on a phone. One
 * thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_CHART_H
#define SIMGATE_LOADTEST_REPORT_CHART_H

#include "loadtest/report/format.h"
#include "loadtest/report/scale.h"
#include "loadtest/report/series.h"
#include "loadtest/report/svg.h"

#include <stdbool.h>
#include <stdio.h>

#define CHART_HEIGHT  260
#define CHART_Y_TICKS 6 /* at most so many steps */

/* How a tick is called. */
typedef const char *(*chart_label)(char text[static FORMAT_TEXT], double value);

struct chart {
    struct svg svg;
    bool wide;
    double left, top, right, bottom; /* of the area that is drawn in */
    struct scale x, y;
    chart_label y_label;
};

/* A figure of a point, and what is said of a point under the pointer. */
typedef double (*chart_value)(const struct series_point *p);
#define CHART_TIP 256
typedef void (*chart_tip)(char text[static CHART_TIP], const struct series_point *p);

/* The area and the vertical scale, whose places are set here: its labels take the room that they
 * need. Nothing is drawn yet, and `top` may still be changed. */
void chart_init(struct chart *c, bool wide, struct scale y, chart_label label);

/* Draws the vertical axis and its grid. `name` is the chart's own in the page. */
void chart_begin(struct chart *c, FILE *to, const char *name, const char *title,
                 const char *description);
void chart_end(struct chart *c);

/* The horizontal scale and axis, from 0 to `seconds`. */
void chart_time_axis(struct chart *c, double seconds);

/* The horizontal scale, with its places. */
void chart_set_x(struct chart *c, struct scale x);

/* Its axis. */
void chart_x_axis(struct chart *c, chart_label label);

/* A line through a figure of all points; zeros are gaps where `gaps` says so. */
void chart_line(struct chart *c, const struct series *s, const char *class, chart_value value,
                bool gaps);

/* Dots on it where there are few points, so that a gap's neighbours are seen. */
void chart_dots(struct chart *c, const struct series *s, const char *class, chart_value value);

/* The area below it. There is at least one point. */
void chart_area(struct chart *c, const struct series *s, const char *class, chart_value value);

/* Shades the time from `from` on. */
void chart_shade(struct chart *c, double from, const char *text);

/* What is said under the pointer; of the wide one only, since a finger has none. */
void chart_tips(struct chart *c, const struct series *s, chart_tip tip);

/* 5 s, 1:30, 2:05:00: the same form for all ticks of an axis that ends at `end`. */
const char *chart_time_label(char text[static FORMAT_TEXT], double seconds, double end);

#endif
