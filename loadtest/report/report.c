#include "loadtest/report/report.h"

#include "loadtest/report/colour.h"
#include "loadtest/report/html_file.h"
#include "loadtest/report/json_file.h"
#include "loadtest/report/judgement.h"
#include "loadtest/report/table.h"

#include <stdio.h>
#include <string.h>

static int write_file(const char *path, const struct results *r, const struct judgement *j,
                      int (*write)(const char *path, const struct results *r,
                                   const struct judgement *j))
{
    int error = path ? write(path, r, j) : 0;

    if (error)
        fprintf(stderr, "simgate-load: cannot write %s: %s\n", path, strerror(-error));
    return error;
}

int report_write(const struct results *r, const struct report_options *o)
{
    struct judgement j = judgement_of(r, &o->thresholds);
    int json_error, html_error;

    table_print(stdout, r, &j, colour_is_wanted(stdout));
    json_error = write_file(o->json, r, &j, json_file_write);
    html_error = write_file(o->html, r, &j, html_file_write);
    if (json_error || html_error)
        return json_error ? json_error : html_error;
    return j.passed ? 0 : 1;
}
