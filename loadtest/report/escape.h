/*
 * Texts from outside (settings, addresses, names of messages) on their way into HTML and JSON. What
 * is no UTF-8, and control characters that the format cannot hold, become U+FFFD. Any thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_ESCAPE_H
#define SIMGATE_LOADTEST_REPORT_ESCAPE_H

#include <stdio.h>

/* For element content and quoted attributes, of XML (SVG) as well. */
void escape_html(FILE *to, const char *text);

/* A string with its quotes (RFC 8259 §7). */
void escape_json(FILE *to, const char *text);

#endif
