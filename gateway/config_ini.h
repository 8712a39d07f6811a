/*
 * Reads the lines of an INI file by libinih and says where each stands. Any thread.
 *
 * As Debian builds it, libinih cuts lines at 200 bytes and values at " ;", takes an indented line
 * for the rest of the one before, and names only the first malformed line. So it is given the
 * lines without indentation, and values are taken from the lines as they were.
 */
#ifndef SIMGATE_GATEWAY_CONFIG_INI_H
#define SIMGATE_GATEWAY_CONFIG_INI_H

#include <stdio.h>

/* What a file holds, in its order. Texts are borrowed until the function returns. */
struct config_ini_events {
    void (*section)(void *context, unsigned line, const char *section);
    void (*value)(void *context, unsigned line, const char *section, const char *key,
                  const char *value);
    void (*malformed)(void *context, unsigned line);
};

/* Reads to the end of the file. 0 or -errno. */
int config_ini_read(FILE *file, const struct config_ini_events *events, void *context);

#endif
