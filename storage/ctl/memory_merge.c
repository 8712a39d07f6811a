#include "storage/ctl/memory_merge.h"

#include "storage/csv.h"
#include "storage/ctl/device_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A column that is empty in all rows need not be added, nor one that says what counts anyway. */
static bool says_something(const struct device_row *row, enum device_column column,
                           const char *text)
{
    if (column == DEVICE_COLUMN_LOCATION_ALLOWED)
        return row->location_allowed;
    if (column == DEVICE_COLUMN_PSK_FORMAT)
        return row->psk_is_hex;
    return *text != 0;
}

/* As in Redis, an empty key or location stays as it is; and a key has a form. */
static uint32_t columns_of(const struct device_row *row)
{
    const uint32_t psk =
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK) | DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK_FORMAT);
    const uint32_t location =
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_LONGITUDE) | DEVICE_COLUMN_BIT(DEVICE_COLUMN_LATITUDE) |
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_SOURCE) | DEVICE_COLUMN_BIT(DEVICE_COLUMN_SAMPLE_TIME);
    uint32_t columns = row->given & ~psk & ~location;

    if (*row->psk)
        columns |= psk;
    return *row->location.longitude ? columns | location : columns;
}

/* False when there is no memory. */
static bool grow(struct memory_merge *m)
{
    size_t capacity = m->capacity ? m->capacity * 2 : 1024;
    struct merge_row *rows;

    if (m->count < m->capacity)
        return true;
    rows = realloc(m->rows, capacity * sizeof(*rows));
    if (!rows)
        return false;
    m->rows = rows;
    m->capacity = capacity;
    return true;
}

int memory_merge_add(struct memory_merge *m, const struct device_row *row)
{
    struct merge_row *kept;
    char text[DEVICE_TEXT_MAX];
    FILE *texts;

    if (!grow(m))
        return -ENOMEM;
    kept = &m->rows[m->count];
    *kept = (struct merge_row){.line = row->line, .given = columns_of(row)};
    memcpy(kept->iccid, row->iccid, sizeof(kept->iccid));
    texts = open_memstream(&kept->texts, &kept->length);
    if (!texts)
        return -ENOMEM;
    for (unsigned i = 0; i < DEVICE_COLUMNS; i++) {
        device_row_text(row, i, text);
        fwrite(text, 1, strlen(text) + 1, texts);
        if ((kept->given & DEVICE_COLUMN_BIT(i)) && says_something(row, i, text))
            m->needed |= DEVICE_COLUMN_BIT(i);
    }
    explicit_bzero(text, sizeof(text));
    m->count++;
    return fclose(texts) == 0 ? 0 : -ENOMEM;
}

static int compare_iccids(const void *left, const void *right)
{
    const struct merge_row *a = left, *b = right;
    int order = strcmp(a->iccid, b->iccid);

    return order ? order : (a->line > b->line) - (a->line < b->line);
}

static int compare_lines(const void *left, const void *right)
{
    const struct merge_row *a = left, *b = right;

    return (a->line > b->line) - (a->line < b->line);
}

static void free_texts(struct merge_row *row)
{
    explicit_bzero(row->texts, row->length); /* a key */
    free(row->texts);
}

static void drop_done(struct memory_merge *m)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (m->rows[i].is_done)
            free_texts(&m->rows[i]);
        else
            m->rows[kept++] = m->rows[i];
    }
    m->count = kept;
}

void memory_merge_sort(struct memory_merge *m)
{
    if (m->count)
        qsort(m->rows, m->count, sizeof(*m->rows), compare_iccids);
    for (size_t i = 0; i + 1 < m->count; i++)
        m->rows[i].is_done = strcmp(m->rows[i].iccid, m->rows[i + 1].iccid) == 0;
    drop_done(m);
}

static struct merge_row *find(const struct memory_merge *m, const char *iccid)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(m->rows[middle].iccid, iccid);

        if (order == 0)
            return &m->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool memory_merge_has(const struct memory_merge *m, const char *iccid)
{
    return find(m, iccid) != NULL;
}

static const char *text_of(const struct merge_row *row, enum device_column column)
{
    const char *text = row->texts;

    for (unsigned i = 0; i < column; i++)
        text += strlen(text) + 1;
    return text;
}

static int compare_addresses(const void *left, const void *right)
{
    const struct merge_row *a = *(struct merge_row *const *)left;
    const struct merge_row *b = *(struct merge_row *const *)right;
    int order = strcmp(text_of(a, DEVICE_COLUMN_ADDRESS), text_of(b, DEVICE_COLUMN_ADDRESS));

    return order ? order : compare_lines(a, b);
}

int memory_merge_drop_twice(struct memory_merge *m, struct problems *problems)
{
    struct merge_row **rows = calloc(m->count + 1, sizeof(struct merge_row *)), *first = NULL;

    if (!rows)
        return -ENOMEM;
    for (size_t i = 0; i < m->count; i++)
        rows[i] = &m->rows[i];
    qsort(rows, m->count, sizeof(struct merge_row *), compare_addresses);
    for (size_t i = 0; i < m->count; i++) {
        rows[i]->is_done = first && strcmp(text_of(first, DEVICE_COLUMN_ADDRESS),
                                           text_of(rows[i], DEVICE_COLUMN_ADDRESS)) == 0;
        if (rows[i]->is_done)
            problems_add(problems, rows[i]->line, "address",
                         "line %" PRIu32 " has the same: each is legal once", first->line);
        else
            first = rows[i];
    }
    free(rows);
    drop_done(m);
    return 0;
}

/* The file that is written once more. */
struct copying {
    struct memory_merge *merge;
    struct csv_reader reader;
    FILE *from; /* its bytes, up to the reader's record */
    uint32_t line;
    FILE *to;
    unsigned layout_count; /* columns of the file */
    enum device_column layout[CSV_FIELDS_MAX + DEVICE_COLUMNS];
    unsigned added; /* behind these */
    bool has_crlf;
    int before; /* byte that was read */
    int last;   /* byte that was written */
};

/* The next byte of the file, or EOF; notes how its lines end. */
static int next_byte(struct copying *c)
{
    int byte = getc_unlocked(c->from);

    if (byte == '\n') {
        c->has_crlf = c->before == '\r';
        c->line++;
    }
    c->before = byte;
    return byte;
}

/* Copies the bytes before this line, or up to the end of the file. */
static void copy_until(struct copying *c, uint32_t line)
{
    int byte;

    while (c->line < line && (byte = next_byte(c)) != EOF) {
        putc_unlocked(byte, c->to);
        c->last = byte;
    }
}

/* The line behind the record: there is none behind one whose line has no end. */
static uint32_t next_line(const struct copying *c)
{
    return c->reader.next_line > c->reader.line ? c->reader.next_line : UINT32_MAX;
}

static void skip_record(struct copying *c)
{
    while (c->line < next_line(c) && next_byte(c) != EOF)
        ;
}

static void end_record(struct copying *c)
{
    fputs_unlocked(c->has_crlf ? "\r\n" : "\n", c->to);
    c->last = '\n';
}

/* Whether the row says something else in a column than the record's field does. */
static bool is_changed(const struct copying *c, const struct merge_row *row, unsigned i)
{
    const char *text = text_of(row, c->layout[i]), *old = "";
    char canonical[DEVICE_TEXT_MAX];
    struct device_row before = {.line = 0};

    if (!(row->given & DEVICE_COLUMN_BIT(c->layout[i])))
        return false;
    if (i < c->layout_count)
        old = c->reader.fields[i];
    if (c->layout[i] != DEVICE_COLUMN_PSK_FORMAT || *old)
        device_row_read(&before, c->layout[i], old);
    if (c->layout[i] == DEVICE_COLUMN_PSK_FORMAT)
        return (strcmp(text, "hex") == 0) != before.psk_is_hex;
    return strcmp(device_row_text(&before, c->layout[i], canonical), text) != 0;
}

static void write_changed(struct copying *c, const struct merge_row *row)
{
    for (unsigned i = 0; i < c->layout_count + c->added; i++) {
        const char *old = i < c->layout_count ? c->reader.fields[i] : "";

        fputs_unlocked(i ? "," : "", c->to);
        csv_field_write(c->to, is_changed(c, row, i) ? text_of(row, c->layout[i]) : old);
    }
}

/* As it is, but for columns that are added. */
static void write_same(struct copying *c)
{
    for (unsigned i = 0; i < c->layout_count; i++) {
        fputs_unlocked(i ? "," : "", c->to);
        csv_field_write(c->to, c->reader.fields[i]);
    }
    for (unsigned i = 0; i < c->added; i++)
        putc_unlocked(',', c->to);
}

static void copy_record(struct copying *c, struct merge_row *row)
{
    bool changed = false;

    for (unsigned i = 0; row && i < c->layout_count + c->added; i++)
        changed |= is_changed(c, row, i);
    if (row) {
        row->is_done = true;
        c->merge->updated += changed;
        c->merge->unchanged += !changed;
    }
    copy_until(c, c->reader.line);
    if (!changed && !c->added) {
        copy_until(c, next_line(c));
        return;
    }
    skip_record(c);
    if (changed)
        write_changed(c, row);
    else
        write_same(c);
    end_record(c);
}

/* Columns that the file has not and rows need. */
static void add_columns(struct copying *c)
{
    uint32_t there = 0;

    for (unsigned i = 0; i < c->layout_count; i++)
        there |= DEVICE_COLUMN_BIT(c->layout[i]);
    for (unsigned i = 0; i < DEVICE_COLUMNS; i++)
        if (c->merge->needed & ~there & DEVICE_COLUMN_BIT(i))
            c->layout[c->layout_count + c->added++] = i;
}

static void copy_header(struct copying *c)
{
    for (unsigned i = 0; i < c->reader.count; i++)
        c->layout[c->layout_count++] = device_column_by_name(c->reader.fields[i]);
    add_columns(c);
    copy_until(c, c->reader.line);
    if (!c->added) {
        copy_until(c, next_line(c));
        return;
    }
    skip_record(c);
    for (unsigned i = 0; i < c->layout_count + c->added; i++)
        fprintf(c->to, "%s%s", i ? "," : "", device_column_name(c->layout[i]));
    end_record(c);
}

/* Rows that the file has not, in the order in which they came. */
static void append_rows(struct copying *c)
{
    struct memory_merge *m = c->merge;

    if (m->count)
        qsort(m->rows, m->count, sizeof(*m->rows), compare_lines);
    for (size_t i = 0; i < m->count; i++) {
        if (m->rows[i].is_done)
            continue;
        m->added++;
        for (unsigned j = 0; j < c->layout_count + c->added; j++) {
            fputs_unlocked(j ? "," : "", c->to);
            if (m->rows[i].given & DEVICE_COLUMN_BIT(c->layout[j]))
                csv_field_write(c->to, text_of(&m->rows[i], c->layout[j]));
        }
        end_record(c);
    }
}

static struct merge_row *find_of_record(const struct copying *c)
{
    for (unsigned i = 0; i < c->layout_count; i++)
        if (c->layout[i] == DEVICE_COLUMN_ICCID)
            return find(c->merge, c->reader.fields[i]);
    return NULL;
}

static int copy_file(struct copying *c)
{
    int result = csv_next(&c->reader);

    if (result == CSV_RECORD)
        copy_header(c);
    while (result > 0 && (result = csv_next(&c->reader)) > 0)
        copy_record(c, find_of_record(c));
    if (result < 0)
        return result;
    copy_until(c, UINT32_MAX);
    if (c->last != '\n') /* of the last line */
        end_record(c);
    return 0;
}

static void begin_file(struct copying *c)
{
    static const enum device_column required[] = {DEVICE_COLUMN_ICCID, DEVICE_COLUMN_ADDRESS,
                                                  DEVICE_COLUMN_STATUS};

    memcpy(c->layout, required, sizeof(required));
    c->layout_count = 3;
    add_columns(c);
    for (unsigned i = 0; i < c->layout_count + c->added; i++)
        fprintf(c->to, "%s%s", i ? "," : "", device_column_name(c->layout[i]));
    end_record(c);
}

int memory_merge_run(struct memory_merge *m, const char *path, FILE *to)
{
    struct copying *c = calloc(1, sizeof(*c));
    int result = 0;

    if (!c)
        return -ENOMEM;
    c->merge = m;
    c->to = to;
    c->line = 1;
    if (!path) {
        begin_file(c);
    } else {
        result = csv_open(&c->reader, path);
        c->from = result == 0 ? fopen(path, "re") : NULL;
        if (result == 0)
            result = c->from ? copy_file(c) : -errno;
        if (c->from)
            fclose(c->from);
        csv_close(&c->reader);
    }
    if (result == 0)
        append_rows(c);
    explicit_bzero(c, sizeof(*c)); /* it may have keys */
    free(c);
    return result;
}

void memory_merge_free(struct memory_merge *m)
{
    for (size_t i = 0; i < m->count; i++)
        free_texts(&m->rows[i]);
    free(m->rows);
    *m = (struct memory_merge){.rows = NULL};
}
