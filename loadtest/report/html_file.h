/*
 * The results as one HTML page for people: no other file, no script, no font from anywhere. One
 * thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_HTML_FILE_H
#define SIMGATE_LOADTEST_REPORT_HTML_FILE_H

#include "loadtest/report/judgement.h"
#include "loadtest/results.h"

/* Writes `path`. Returns 0 or -errno. */
int html_file_write(const char *path, const struct results *r, const struct judgement *j);

#endif
