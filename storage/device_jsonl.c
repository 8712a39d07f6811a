#include "storage/device_jsonl.h"

#include "storage/json_lines.h"

#include <errno.h>
#include <stdlib.h>

static void read_member(const struct device_reading *reading, struct device_row *row,
                        const struct json_member *member)
{
    enum device_column column = device_column_by_name(member->name);

    if (column == DEVICE_COLUMNS)
        device_reading_object_to_column(reading, row->line, member->name);
    else if (row->given & DEVICE_COLUMN_BIT(column))
        problems_add(reading->problems, row->line, member->name, "named twice: once is legal");
    else if (member->is_array && column != DEVICE_COLUMN_ADDRESS)
        problems_add(reading->problems, row->line, member->name, "an array is not legal");
    else
        device_reading_set(reading, row, column, member->value);
}

/* Makes the object a row, and gives it away where that is without a flaw. */
static int read_row(const struct json_lines *j, const struct device_reading *reading)
{
    uint64_t before = reading->problems->count;
    struct device_row row = {.line = j->line};

    for (unsigned i = 0; i < j->count; i++)
        read_member(reading, &row, &j->members[i]);
    for (unsigned i = 0; i < DEVICE_COLUMNS; i++)
        if (device_column_is_required(i) && !(row.given & DEVICE_COLUMN_BIT(i)))
            problems_add(reading->problems, row.line, device_column_name(i),
                         "missing: every line has it");
    return device_reading_take(reading, &row, before);
}

static int read_rows(struct json_lines *j, const struct device_reading *reading)
{
    int result;

    while ((result = json_lines_next(j)) > 0) {
        if (j->line < reading->from_line)
            continue;
        if (result == JSON_LINES_MALFORMED)
            problems_add(reading->problems, j->line, NULL, "%s", j->error);
        else
            result = read_row(j, reading);
        if (result < 0)
            break;
    }
    return result;
}

int device_jsonl_read(const char *path, const struct device_reading *reading)
{
    struct json_lines *j = calloc(1, sizeof(*j));
    int result = j ? json_lines_open(j, path) : -ENOMEM;

    if (result == 0)
        result = read_rows(j, reading);
    if (j)
        json_lines_close(j);
    free(j);
    return result;
}
