/*
 * The command line of simgatectl, sorted into words and options, and the environment behind it. All
 * texts are borrowed from the two.
 */
#ifndef SIMGATE_STORAGE_CTL_ARGUMENTS_H
#define SIMGATE_STORAGE_CTL_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CTL_WORDS_MAX 8

enum ctl_option {
    OPTION_STORE,
    OPTION_PREFIX,
    OPTION_USERNAME,
    OPTION_PASSWORD_FILE,
    OPTION_IPV6_PREFIX,
    OPTION_ADDRESS,
    OPTION_STATUS,
    OPTION_IMSI,
    OPTION_LOCATION_ALLOWED,
    OPTION_TEMPLATE,
    OPTION_TAKE_ADDRESS,
    OPTION_KEY,
    OPTION_KEY_FILE,
    OPTION_HEX,
    OPTION_REVEAL,
    OPTION_OUTPUT,
    OPTION_LIMIT,
    OPTION_FORMAT,
    OPTION_STRICT,
    OPTION_FROM_LINE,
    OPTION_LONGITUDE,
    OPTION_LATITUDE,
    OPTION_SOURCE,
    OPTION_TIME,
    OPTION_REPLACE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTIONS
};

#define OPTION_BIT(option) (UINT64_C(1) << (option))

struct ctl_arguments {
    unsigned count;
    const char *words[CTL_WORDS_MAX];
    const char *given[OPTIONS]; /* from the command line; NULL where not, "" for a mere flag */
};

/* Sorts the command line. False after a complaint. */
bool ctl_arguments_read(struct ctl_arguments *a, int argc, char **argv);

/* The option's name on the command line, "--store". */
const char *ctl_option_name(enum ctl_option option);

/* Bits of the options that were given on the command line. */
uint64_t ctl_options_given(const struct ctl_arguments *a);

/* The value from the command line, else from the environment, else NULL. */
const char *ctl_option_value(const struct ctl_arguments *a, enum ctl_option option);

/* A line for each option of `options`, for the help. */
void ctl_options_print(FILE *to, uint64_t options);

#endif
