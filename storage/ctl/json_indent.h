/*
 * JSON for people to read: each member on a line. Nothing of the values is interpreted, so that
 * numbers stay as they are. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_JSON_INDENT_H
#define SIMGATE_STORAGE_CTL_JSON_INDENT_H

#include <stddef.h>
#include <stdio.h>

/* `text` is legal JSON without white space between its parts. A newline follows it. */
void json_indent(FILE *to, const char *text, size_t length);

#endif
