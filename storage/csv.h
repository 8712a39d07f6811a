/*
 * Splits a file into records and fields, and writes fields (RFC 4180): quoted fields, CRLF or LF, a
 * byte order mark at the start. Blank lines and lines that start with # are skipped. Knows nothing
 * of what the fields mean. The file is streamed through one record's worth of memory, so its size
 * does not matter and it may be a pipe. One thread.
 */
#ifndef SIMGATE_STORAGE_CSV_H
#define SIMGATE_STORAGE_CSV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_FIELDS_MAX 32
#define CSV_RECORD_MAX 4096 /* bytes of all fields, each with a NUL */

enum csv_result {
    CSV_END,
    CSV_RECORD,    /* `fields`, `count`, `line`, `begin` and `end` are those of the record */
    CSV_MALFORMED, /* `error` says why; the next call goes on behind the record */
};

struct csv_reader {
    FILE *file;
    uint32_t line;      /* of the record's first byte, from 1 */
    uint32_t next_line; /* of the next byte to be read */
    uint64_t begin;     /* offset of the record's first byte in the file */
    uint64_t end;       /* of the first that is not its any more, which ends the line or the file */
    uint64_t offset;    /* of the next byte to be read */
    unsigned width;     /* bytes of what was read last: CRLF is two */
    int read_error;     /* -errno */
    const char *error;  /* of a malformed record, for the user */
    unsigned count;
    size_t used; /* bytes of `text` */
    const char *fields[CSV_FIELDS_MAX];
    char text[CSV_RECORD_MAX];
};

/* Returns 0 or -errno, -EILSEQ for half a byte order mark. */
int csv_open(struct csv_reader *r, const char *path);

/* Accepts what a failed csv_open() left behind. */
void csv_close(struct csv_reader *r);

/* Reads the next record. Returns an enum csv_result, or -errno when the file cannot be read. */
int csv_next(struct csv_reader *r);

/* Writes a field (RFC 4180 §2), in quotes where it would be read as something else without them: a
 * line that begins with # is a comment. */
void csv_field_write(FILE *to, const char *text);

#endif
