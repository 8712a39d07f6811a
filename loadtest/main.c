/*
 * simgate-load: simulated devices that speak to a gateway, and what came of it.
 */
#include "loadtest/driver.h"
#include "loadtest/facts.h"
#include "loadtest/options.h"
#include "loadtest/report/report.h"
#include "loadtest/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

enum exit_code { EXIT_CLEAN = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CANNOT = 3 };

static enum exit_code report(const struct results *r, const struct report_options *o)
{
    int result = report_write(r, o);

    return result < 0 ? EXIT_CANNOT : result ? EXIT_FAILED : EXIT_CLEAN;
}

static enum exit_code run(const struct options *options)
{
    struct results results;
    struct driver driver;
    enum exit_code code = EXIT_CANNOT;
    char problem[160];
    int error;

    results_init(&results);
    facts_settings(&results, options);
    facts_machine(&results);
    error = driver_open(&driver, options, &results, problem);
    if (error)
        fprintf(stderr, "simgate-load: cannot start: %s\n", *problem ? problem : strerror(-error));
    else if (run_load(&driver) == 0)
        code = report(&results, &options->report);
    driver_close(&driver);
    results_deinit(&results);
    return code;
}

int main(int argc, char **argv)
{
    enum exit_code code = EXIT_USAGE;
    struct options options;

    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_DONE:
        code = EXIT_CLEAN;
        break;
    case OPTIONS_WRONG:
        break;
    case OPTIONS_RUN:
        prctl(PR_SET_TIMERSLACK, 1UL); /* the open loop keeps its instants to the microsecond */
        run_block_signals();
        code = run(&options);
        break;
    }
    options_deinit(&options);
    return code;
}
