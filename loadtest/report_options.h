/*
 * What of the options is for the presentation of results. Filled by options_parse(); texts are
 * borrowed from the command line or the scenario file.
 */
#ifndef SIMGATE_LOADTEST_REPORT_OPTIONS_H
#define SIMGATE_LOADTEST_REPORT_OPTIONS_H

#include "loadtest/option_row.h"
#include "loadtest/report/thresholds.h"

struct report_options {
    const char *json; /* file, or NULL */
    const char *html; /* file, or NULL */
    struct thresholds thresholds;
};

/* A member `report` of struct options is where they go. */
struct option_group report_option_group(void);

#endif
