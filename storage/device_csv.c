#include "storage/device_csv.h"

#include "base/writer.h"
#include "storage/csv.h"

#include <string.h>

/* Which column each field of a record belongs to. */
struct layout {
    unsigned count;
    enum device_column columns[CSV_FIELDS_MAX];
};

static enum device_column column_by_name(const char *name)
{
    unsigned column = 0;

    while (column < DEVICE_COLUMNS && strcmp(name, device_column_name(column)) != 0)
        column++;
    return column;
}

static void add_unknown_column(struct problems *problems, uint32_t line, const char *name)
{
    char legal[256];
    struct writer w = writer_over(legal, sizeof(legal));

    for (unsigned i = 0; i < DEVICE_COLUMNS; i++) {
        writer_text(&w, i ? ", " : "");
        writer_text(&w, device_column_name(i));
    }
    writer_terminate(&w);
    problems_add(problems, line, NULL, "there is no column \"%.40s\": legal are %s", name, legal);
}

static void add_missing_columns(struct problems *problems, uint32_t line, const bool *seen)
{
    for (unsigned i = 0; i < DEVICE_COLUMNS; i++)
        if (device_column_is_required(i) && !seen[i])
            problems_add(problems, line, device_column_name(i), "missing: every file has it");
}

/* Makes the header's fields a layout. */
static void read_header(struct layout *layout, const struct csv_reader *r,
                        struct problems *problems)
{
    bool seen[DEVICE_COLUMNS + 1] = {false};

    for (unsigned i = 0; i < r->count; i++) {
        enum device_column column = column_by_name(r->fields[i]);

        if (column == DEVICE_COLUMNS)
            add_unknown_column(problems, r->line, r->fields[i]);
        else if (seen[column])
            problems_add(problems, r->line, r->fields[i], "named twice: once is legal");
        seen[column] = true;
        layout->columns[layout->count++] = column;
    }
    add_missing_columns(problems, r->line, seen);
}

/* Whether the record was made a row without a flaw. */
static bool read_row(struct device_row *row, const struct layout *layout,
                     const struct csv_reader *r, struct problems *problems)
{
    uint64_t before = problems->count;

    *row = (struct device_row){.line = r->line};
    if (r->count != layout->count) {
        problems_add(problems, r->line, NULL, "%u fields: the header names %u columns", r->count,
                     layout->count);
        return false;
    }
    for (unsigned i = 0; i < r->count; i++)
        device_row_set(row, layout->columns[i], r->fields[i], problems);
    if (problems->count == before)
        device_row_check(row, problems);
    return problems->count == before;
}

static int read_rows(struct csv_reader *r, const struct layout *layout, device_row_fn *take,
                     void *context, struct problems *problems)
{
    struct device_row row;
    int result;

    while ((result = csv_next(r)) > 0) {
        if (result == CSV_MALFORMED)
            problems_add(problems, r->line, NULL, "%s", r->error);
        else if (read_row(&row, layout, r, problems))
            result = take(context, &row);
        if (result < 0)
            break;
    }
    return result;
}

static int read_file(struct csv_reader *r, device_row_fn *take, void *context,
                     struct problems *problems)
{
    struct layout layout = {0};
    int result = csv_next(r);

    if (result < 0)
        return result;
    if (result == CSV_END)
        problems_add(problems, 0, NULL, "no header: the first line names the columns");
    else if (result == CSV_MALFORMED)
        problems_add(problems, r->line, NULL, "%s", r->error);
    else
        read_header(&layout, r, problems);
    if (problems->count)
        return 0; /* without a header the rows mean nothing */
    return read_rows(r, &layout, take, context, problems);
}

int device_csv_read(const char *path, device_row_fn *take, void *context, struct problems *problems)
{
    struct csv_reader reader;
    int result = csv_open(&reader, path);

    if (result == 0)
        result = read_file(&reader, take, context, problems);
    csv_close(&reader);
    return result;
}
