/*
 * The results for people at a terminal of 80 columns. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_TABLE_H
#define SIMGATE_LOADTEST_REPORT_TABLE_H

#include "loadtest/report/judgement.h"
#include "loadtest/results.h"

#include <stdbool.h>
#include <stdio.h>

void table_print(FILE *to, const struct results *r, const struct judgement *j, bool colour);

#endif
