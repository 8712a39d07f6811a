/*
 * The style sheet of the page. Any thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_HTML_STYLE_H
#define SIMGATE_LOADTEST_REPORT_HTML_STYLE_H

extern const char html_style[];

#endif
