/*
 * JSON to a file, with commas and indentation where they belong. A key of NULL stands for an
 * element of an array, and for the whole. Errors stay in the stream. One thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_JSON_WRITER_H
#define SIMGATE_LOADTEST_REPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_writer {
    FILE *to;
    unsigned depth;
    bool follows;   /* something stands before at this depth */
    unsigned inner; /* the depth from which on all is on one line; 0: none is */
};

void json_writer_object(struct json_writer *w, const char *key);
void json_writer_array(struct json_writer *w, const char *key);

/* What the next object or array holds stands on one line. */
void json_writer_on_one_line(struct json_writer *w);

void json_writer_end_object(struct json_writer *w);
void json_writer_end_array(struct json_writer *w);

void json_writer_text(struct json_writer *w, const char *key, const char *text);
void json_writer_count(struct json_writer *w, const char *key, uint64_t count);
void json_writer_bool(struct json_writer *w, const char *key, bool value);
void json_writer_null(struct json_writer *w, const char *key);

/* Ten digits that matter; null where it is not finite. */
void json_writer_number(struct json_writer *w, const char *key, double number);

/* Nanoseconds, written as seconds. */
void json_writer_seconds(struct json_writer *w, const char *key, uint64_t nanoseconds);

#endif
