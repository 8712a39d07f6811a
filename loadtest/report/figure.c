#include "loadtest/report/figure.h"

#include "loadtest/report/escape.h"

void figure_begin(FILE *to, const char *title, const char *words, const struct figure_key *keys,
                  unsigned count)
{
    fputs("<figure>\n<figcaption><h3>", to);
    escape_html(to, title);
    fputs("</h3><p>", to);
    escape_html(to, words);
    fputs("</p></figcaption>\n", to);
    if (count)
        fputs("<ul class=\"legend\">", to);
    for (unsigned i = 0; i < count; i++) {
        fprintf(to,
                "<li><svg viewBox=\"0 0 22 10\" aria-hidden=\"true\">"
                "<line class=\"%s\" x1=\"1\" y1=\"5\" x2=\"21\" y2=\"5\"/></svg>",
                keys[i].class);
        escape_html(to, keys[i].text);
        fputs("</li>", to);
    }
    if (count)
        fputs("</ul>\n", to);
}

void figure_end(FILE *to)
{
    fputs("</figure>\n", to);
}
