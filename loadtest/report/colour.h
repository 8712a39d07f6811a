/*
 * Colour on a terminal, where it is wanted: never in a file or a pipe, nor with NO_COLOR set
 * (no-color.org) or TERM=dumb. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_COLOUR_H
#define SIMGATE_LOADTEST_REPORT_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

enum colour { COLOUR_PLAIN, COLOUR_DIM, COLOUR_BOLD, COLOUR_GOOD, COLOUR_WARNING, COLOUR_BAD };

/* Whether what is written to the stream may have colour. */
bool colour_is_wanted(FILE *stream);

/* What switches a colour on, and what switches it off: "" where it is not wanted. */
const char *colour_on(enum colour colour, bool wanted);
const char *colour_off(enum colour colour, bool wanted);

#endif
