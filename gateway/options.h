/*
 * The command line. Main thread, before there are others (getopt_long() keeps its state to itself).
 */
#ifndef SIMGATE_GATEWAY_OPTIONS_H
#define SIMGATE_GATEWAY_OPTIONS_H

#include "gateway/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EXIT_USAGE 2 /* wrong options or configuration */

enum options_action {
    OPTIONS_RUN,
    OPTIONS_CHECK_CONFIG,
    OPTIONS_PRINT_INI,
    OPTIONS_PRINT_MARKDOWN,
    OPTIONS_VERSION,
    OPTIONS_HELP,
};

/* Texts are argv's own. */
struct options {
    enum options_action action; /* the last one asked for */
    bool takeover;
    const char *config_file; /* or NULL */
    const char **settings;   /* allocated */
    size_t setting_count;
};

/* Reads the command line. 0, -EINVAL after a line to `err`, or -ENOMEM. */
int options_parse(struct options *options, int argc, char **argv, FILE *err);

/* Accepts options that failed to parse, and zeros. */
void options_deinit(struct options *options);

/*
 * Does what the options ask for, short of running: prints help, version or configuration to `out`,
 * and errors to `err`. True when the gateway is to run with `*config`; else `*status` is what to
 * exit with. In both cases `*config` is to be released with config_deinit().
 */
bool options_prepare(const struct options *options, const char *const *environment,
                     struct config *config, int *status, FILE *out, FILE *err);

#endif
