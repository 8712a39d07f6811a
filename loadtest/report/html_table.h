/*
 * Tables of the page: one with a name and one or more figures in a row. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_HTML_TABLE_H
#define SIMGATE_LOADTEST_REPORT_HTML_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum html_cell { HTML_NUMBER, HTML_WORDS, HTML_TEXT, HTML_PASS, HTML_FAIL };

/* `columns` are the heads, NULL: none. `full`: as wide as the page. */
void html_table_begin(FILE *to, const char *title, const char *const *columns, unsigned count,
                      bool full);
void html_table_end(FILE *to);

void html_table_row(FILE *to, const char *name);
void html_table_cell(FILE *to, enum html_cell kind, const char *text);
void html_table_end_row(FILE *to);

/* A row of one cell. */
void html_table_pair(FILE *to, const char *name, enum html_cell kind, const char *text);

#endif
