#include "storage/csv.h"

#include <errno.h>
#include <string.h>

/* Pushed back only right after it was read. */
static void unread(struct csv_reader *r, int c)
{
    if (c == '\n')
        r->next_line--;
    if (c != EOF) {
        ungetc(c, r->file);
        r->offset--;
    }
}

/* The next byte, with CRLF as one '\n', or EOF. */
static int next_byte(struct csv_reader *r)
{
    int c = getc_unlocked(r->file);

    r->width = c != EOF;
    if (c == '\r') {
        int after = getc_unlocked(r->file);

        if (after == '\n') {
            c = after;
            r->width = 2;
        } else if (after != EOF) {
            ungetc(after, r->file);
        }
    }
    r->offset += r->width;
    if (c == '\n')
        r->next_line++;
    if (c == EOF && ferror_unlocked(r->file))
        r->read_error = -errno;
    return c;
}

int csv_open(struct csv_reader *r, const char *path)
{
    static const char mark[] = "\xef\xbb\xbf";

    *r = (struct csv_reader){.next_line = 1};
    r->file = fopen(path, "re");
    if (!r->file)
        return -errno;
    for (const char *expected = mark; *expected; expected++) {
        int c = next_byte(r);

        if (c != (unsigned char)*expected) {
            unread(r, c);
            return expected == mark ? r->read_error : -EILSEQ;
        }
    }
    return 0;
}

void csv_close(struct csv_reader *r)
{
    if (r->file)
        fclose(r->file);
    r->file = NULL;
}

/* The first error of a record is the one to tell. */
static void fail(struct csv_reader *r, const char *error)
{
    if (!r->error)
        r->error = error;
}

static void put(struct csv_reader *r, int c)
{
    if (r->used < sizeof(r->text))
        r->text[r->used++] = (char)c;
    else
        fail(r, "the record has more than 4096 bytes: is a quote not closed?");
}

static void put_byte(struct csv_reader *r, int c)
{
    if (c == 0)
        fail(r, "the record has a NUL byte");
    put(r, c);
}

static int ends_field(int c)
{
    return c == ',' || c == '\n' || c == EOF;
}

/* What stands between the quotes. Returns the byte behind the closing one. */
static int read_quoted(struct csv_reader *r)
{
    for (;;) {
        int c = next_byte(r);

        if (c == '"') {
            c = next_byte(r);
            if (c != '"')
                return c;
        } else if (c == EOF) {
            fail(r, "a quote is not closed");
            return c;
        }
        put_byte(r, c);
    }
}

/* One field. Returns the byte behind it: a comma, '\n' or EOF. */
static int read_field(struct csv_reader *r)
{
    int c = next_byte(r);

    if (r->count < CSV_FIELDS_MAX)
        r->fields[r->count++] = r->text + r->used;
    else
        fail(r, "the record has more than 32 fields");
    if (c == '"') {
        c = read_quoted(r);
        if (!ends_field(c))
            fail(r, "something stands behind a closing quote");
    }
    for (; !ends_field(c); c = next_byte(r)) {
        if (c == '"')
            fail(r, "a quote stands inside a field that does not begin with one");
        put_byte(r, c);
    }
    put(r, 0);
    return c;
}

/* Skips what is no record. Returns its first byte, unread, or EOF. */
static int skip_to_record(struct csv_reader *r)
{
    int c = next_byte(r);

    while (c == '\n' || c == '#') {
        while (c != '\n' && c != EOF)
            c = next_byte(r);
        if (c != EOF)
            c = next_byte(r);
    }
    unread(r, c);
    return c;
}

int csv_next(struct csv_reader *r)
{
    int c = skip_to_record(r);

    r->error = NULL;
    r->count = 0;
    r->used = 0;
    r->line = r->next_line;
    r->begin = r->offset;
    if (c != EOF)
        while (read_field(r) == ',')
            ;
    r->end = r->offset - r->width;
    if (r->read_error)
        return r->read_error;
    if (c == EOF)
        return CSV_END;
    return r->error ? CSV_MALFORMED : CSV_RECORD;
}

void csv_field_write(FILE *to, const char *text)
{
    if (!strpbrk(text, "\",\r\n#")) {
        fputs_unlocked(text, to);
        return;
    }
    putc_unlocked('"', to);
    for (; *text; text++) {
        if (*text == '"')
            putc_unlocked('"', to);
        putc_unlocked(*text, to);
    }
    putc_unlocked('"', to);
}
