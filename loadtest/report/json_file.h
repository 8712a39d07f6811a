/*
 * The results as JSON, for programs: docs/load-report.md lists every field. What is there keeps its
 * name and meaning as long as the schema has its number; fields may be added. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_JSON_FILE_H
#define SIMGATE_LOADTEST_REPORT_JSON_FILE_H

#include "loadtest/report/judgement.h"
#include "loadtest/results.h"

#define JSON_FILE_SCHEMA "simgate-load/1"

/* Writes `path`. Returns 0 or -errno. */
int json_file_write(const char *path, const struct results *r, const struct judgement *j);

#endif
