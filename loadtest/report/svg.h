/*
 * An SVG picture inside an HTML page. Colours come from the page's style sheet by class, so that
 * they follow light and dark. Errors stay in the stream. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_SVG_H
#define SIMGATE_LOADTEST_REPORT_SVG_H

#include <stdbool.h>
#include <stdio.h>

struct svg {
    FILE *to;
    bool pen_down;
};

/* `id` is unique in the page. `title` and `description` are for those who do not see it. */
void svg_begin(struct svg *s, FILE *to, double width, double height, const char *id,
               const char *title, const char *description);
void svg_end(struct svg *s);

void svg_line(struct svg *s, const char *class, double x1, double y1, double x2, double y2);

/* `tip` appears under the pointer; NULL: none. */
void svg_rect(struct svg *s, const char *class, double x, double y, double width, double height,
              const char *tip);

void svg_circle(struct svg *s, const char *class, double x, double y, double radius);

void svg_text(struct svg *s, const char *class, double x, double y, const char *text);

/* A line through points, with gaps where the pen is lifted. */
void svg_path_begin(struct svg *s, const char *class);
void svg_path_point(struct svg *s, double x, double y);
void svg_path_lift(struct svg *s);
void svg_path_end(struct svg *s);

#endif
