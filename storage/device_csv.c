#include "storage/device_csv.h"

#include "storage/csv.h"

#include <string.h>

#define NO_HEADER "no header: the first line names the columns"

/* Which column each field of a record belongs to. */
struct layout {
    unsigned count;
    enum device_column columns[CSV_FIELDS_MAX];
};

static void add_missing_columns(struct problems *problems, uint32_t line, const bool *seen)
{
    for (unsigned i = 0; i < DEVICE_COLUMNS; i++)
        if (device_column_is_required(i) && !seen[i])
            problems_add(problems, line, device_column_name(i), "missing: every file has it");
}

/* A first line without any column is that of a device, which may have its key in it. */
static bool is_header(const struct csv_reader *r)
{
    for (unsigned i = 0; i < r->count; i++)
        if (device_column_by_name(r->fields[i]) != DEVICE_COLUMNS)
            return true;
    return false;
}

/* Makes the header's fields a layout. */
static void read_header(struct layout *layout, const struct csv_reader *r,
                        const struct device_reading *reading)
{
    bool seen[DEVICE_COLUMNS + 1] = {false};

    for (unsigned i = 0; i < r->count; i++) {
        enum device_column column = device_column_by_name(r->fields[i]);

        if (column == DEVICE_COLUMNS)
            device_reading_object_to_column(reading, r->line, r->fields[i]);
        else if (seen[column])
            problems_add(reading->problems, r->line, r->fields[i], "named twice: once is legal");
        seen[column] = true;
        layout->columns[layout->count++] = column;
    }
    add_missing_columns(reading->problems, r->line, seen);
}

/* Makes the record a row, and gives it away where that is without a flaw. */
static int read_row(const struct csv_reader *r, const struct layout *layout,
                    const struct device_reading *reading)
{
    uint64_t before = reading->problems->count;
    struct device_row row = {.line = r->line};

    if (r->count != layout->count) {
        problems_add(reading->problems, r->line, NULL, "%u fields: the header names %u columns",
                     r->count, layout->count);
        return 0;
    }
    for (unsigned i = 0; i < r->count; i++)
        device_reading_set(reading, &row, layout->columns[i], r->fields[i]);
    return device_reading_take(reading, &row, before);
}

static int read_rows(struct csv_reader *r, const struct layout *layout,
                     const struct device_reading *reading)
{
    int result;

    while ((result = csv_next(r)) > 0) {
        if (r->line < reading->from_line)
            continue;
        if (result == CSV_MALFORMED)
            problems_add(reading->problems, r->line, NULL, "%s", r->error);
        else
            result = read_row(r, layout, reading);
        if (result < 0)
            break;
    }
    return result;
}

static int read_file(struct csv_reader *r, const struct device_reading *reading)
{
    uint64_t before = reading->problems->count;
    struct layout layout = {0};
    int result = csv_next(r);

    if (result < 0)
        return result;
    if (result == CSV_END)
        problems_add(reading->problems, 0, NULL, NO_HEADER);
    else if (result == CSV_MALFORMED)
        problems_add(reading->problems, r->line, NULL, "%s", r->error);
    else if (!is_header(r))
        problems_add(reading->problems, r->line, NULL, NO_HEADER);
    else
        read_header(&layout, r, reading);
    if (reading->problems->count != before)
        return 0; /* without a header the rows mean nothing */
    return read_rows(r, &layout, reading);
}

int device_csv_read_as(const char *path, const struct device_reading *reading)
{
    struct csv_reader reader;
    int result = csv_open(&reader, path);

    if (result == 0)
        result = read_file(&reader, reading);
    csv_close(&reader);
    return result;
}

int device_csv_read(const char *path, device_row_fn *take, void *context, struct problems *problems)
{
    return device_csv_read_as(
        path, &(struct device_reading){.take = take, .context = context, .problems = problems});
}
