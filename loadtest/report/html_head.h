/*
 * The top of the page: what ran, what became of it in a sentence each, and the key figures. One
 * thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_HTML_HEAD_H
#define SIMGATE_LOADTEST_REPORT_HTML_HEAD_H

#include "loadtest/report/judgement.h"
#include "loadtest/results.h"

#include <stdio.h>

void html_head_write(FILE *to, const struct results *r, const struct judgement *j);

#endif
