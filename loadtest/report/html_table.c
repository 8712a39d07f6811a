#include "loadtest/report/html_table.h"

#include "loadtest/report/escape.h"

void html_table_begin(FILE *to, const char *title, const char *const *columns, unsigned count,
                      bool full)
{
    fprintf(to, "<div class=\"table%s\"><table><caption>", full ? " full" : "");
    escape_html(to, title);
    fputs("</caption>", to);
    if (count)
        fputs("<thead><tr>", to);
    for (unsigned i = 0; i < count; i++) {
        fprintf(to, "<th scope=\"col\"%s>", i ? " class=\"n\"" : "");
        escape_html(to, columns[i]);
        fputs("</th>", to);
    }
    fputs(count ? "</tr></thead>\n<tbody>\n" : "<tbody>\n", to);
}

void html_table_end(FILE *to)
{
    fputs("</tbody></table></div>\n", to);
}

void html_table_row(FILE *to, const char *name)
{
    fputs("<tr><th scope=\"row\">", to);
    escape_html(to, name);
    fputs("</th>", to);
}

void html_table_cell(FILE *to, enum html_cell kind, const char *text)
{
    static const char *const classes[] = {[HTML_NUMBER] = "n",
                                          [HTML_WORDS] = "n words",
                                          [HTML_TEXT] = "text",
                                          [HTML_PASS] = "n pass",
                                          [HTML_FAIL] = "n fail"};

    fprintf(to, "<td class=\"%s\">", classes[kind]);
    escape_html(to, text);
    fputs("</td>", to);
}

void html_table_end_row(FILE *to)
{
    fputs("</tr>\n", to);
}

void html_table_pair(FILE *to, const char *name, enum html_cell kind, const char *text)
{
    html_table_row(to, name);
    html_table_cell(to, kind, text);
    html_table_end_row(to);
}
