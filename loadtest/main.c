/*
 * simgate-load: simulated devices that send telemetry to a gateway, and what came of it.
 */
#include "loadtest/driver.h"
#include "loadtest/options.h"
#include "loadtest/report.h"
#include "loadtest/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

enum exit_code { EXIT_CLEAN = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static bool report(const struct driver *d, const struct run_measurement *m)
{
    const char *json = d->options->json;
    int error = 0;

    report_table(d, m);
    if (json)
        error = report_json(json, d, m);
    if (error)
        fprintf(stderr, "simgate-load: cannot write %s: %s\n", json, strerror(-error));
    return error == 0;
}

static enum exit_code run(const struct options *options)
{
    struct run_measurement measured;
    struct driver driver;
    enum exit_code code = EXIT_FAILED;
    int error = driver_open(&driver, options);

    if (error)
        fprintf(stderr, "simgate-load: cannot start: %s\n", strerror(-error));
    else if (run_load(&driver, &measured) == 0 && report(&driver, &measured))
        code = tally_is_clean(&driver.tally) ? EXIT_CLEAN : EXIT_FAILED;
    driver_close(&driver);
    return code;
}

int main(int argc, char **argv)
{
    struct options options;

    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_DONE:
        return EXIT_CLEAN;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    prctl(PR_SET_TIMERSLACK, 1UL); /* the open loop keeps its instants to the microsecond */
    return run(&options);
}
