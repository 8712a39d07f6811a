/*
 * Splits a file into JSON objects, one a line (RFC 8259), and these into members whose values are
 * texts, numbers, true, false, null or arrays of texts: what a record of a device needs. Blank
 * lines and a byte order mark are skipped. Knows nothing of what the members mean. Numbers stay as
 * they are written, digit by digit. The file is streamed through one line's worth of memory, so its
 * size does not matter and it may be a pipe. One thread.
 */
#ifndef SIMGATE_STORAGE_JSON_LINES_H
#define SIMGATE_STORAGE_JSON_LINES_H

#include "base/cursor.h"
#include "base/writer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MEMBERS_MAX 32
#define JSON_LINE_MAX    4096 /* bytes */

enum json_lines_result {
    JSON_LINES_END,
    JSON_LINES_OBJECT,    /* `members`, `count` and `line` are those of the object */
    JSON_LINES_MALFORMED, /* `error` says why; the next call goes on behind the line */
};

/* Both texts end with a NUL and have no other. */
struct json_member {
    const char *name;
    const char *value; /* "" for null; the texts of an array have commas between, and none inside */
    bool is_array;
};

struct json_lines {
    FILE *file;
    uint32_t line;      /* of the object, from 1 */
    int read_error;     /* -errno */
    const char *error;  /* of a malformed line, for the user */
    struct cursor at;   /* in `bytes` */
    struct writer text; /* over `texts` */
    unsigned count;
    struct json_member members[JSON_MEMBERS_MAX];
    char bytes[JSON_LINE_MAX];
    char texts[JSON_LINE_MAX];
};

/* Returns 0 or -errno. */
int json_lines_open(struct json_lines *j, const char *path);

/* Accepts what a failed json_lines_open() left behind. */
void json_lines_close(struct json_lines *j);

/* Reads the next object. Returns an enum json_lines_result, or -errno when the file cannot be read.
 */
int json_lines_next(struct json_lines *j);

#endif
