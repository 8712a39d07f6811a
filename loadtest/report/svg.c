#include "loadtest/report/svg.h"

#include "loadtest/report/escape.h"

void svg_begin(struct svg *s, FILE *to, double width, double height, const char *id,
               const char *title, const char *description)
{
    *s = (struct svg){.to = to};
    fprintf(to,
            "<svg class=\"%s\" viewBox=\"0 0 %g %g\" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n"
            "<title id=\"%s-t\">",
            width < 500 ? "narrow" : "wide", width, height, id, id, id);
    escape_html(to, title);
    fprintf(to, "</title>\n<desc id=\"%s-d\">", id);
    escape_html(to, description);
    fputs("</desc>\n", to);
}

void svg_end(struct svg *s)
{
    fputs("</svg>\n", s->to);
}

void svg_line(struct svg *s, const char *class, double x1, double y1, double x2, double y2)
{
    fprintf(s->to, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
            x1, y1, x2, y2);
}

void svg_rect(struct svg *s, const char *class, double x, double y, double width, double height,
              const char *tip)
{
    fprintf(s->to, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", class,
            x, y, width, height);
    if (tip) {
        fputs("><title>", s->to);
        escape_html(s->to, tip);
        fputs("</title></rect>\n", s->to);
    } else {
        fputs("/>\n", s->to);
    }
}

void svg_circle(struct svg *s, const char *class, double x, double y, double radius)
{
    fprintf(s->to, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n", class, x, y,
            radius);
}

void svg_text(struct svg *s, const char *class, double x, double y, const char *text)
{
    fprintf(s->to, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
    escape_html(s->to, text);
    fputs("</text>\n", s->to);
}

void svg_path_begin(struct svg *s, const char *class)
{
    fprintf(s->to, "<path class=\"%s\" d=\"", class);
    s->pen_down = false;
}

void svg_path_point(struct svg *s, double x, double y)
{
    fprintf(s->to, "%c%.1f %.1f", s->pen_down ? 'L' : 'M', x, y);
    s->pen_down = true;
}

void svg_path_lift(struct svg *s)
{
    s->pen_down = false;
}

void svg_path_end(struct svg *s)
{
    fputs("\"/>\n", s->to);
}
