#include "storage/device_reading.h"

#include "base/writer.h"

#include <string.h>

enum device_column device_column_by_name(const char *name)
{
    unsigned column = 0;

    while (column < DEVICE_COLUMNS && strcmp(name, device_column_name(column)) != 0)
        column++;
    return column;
}

void device_reading_object_to_column(const struct device_reading *r, uint32_t line,
                                     const char *name)
{
    char legal[256];
    struct writer w = writer_over(legal, sizeof(legal));

    for (unsigned i = 0; i < DEVICE_COLUMNS; i++) {
        writer_text(&w, i ? ", " : "");
        writer_text(&w, device_column_name(i));
    }
    writer_terminate(&w);
    problems_add(r->problems, line, NULL, "there is no column \"%.40s\": legal are %s", name,
                 legal);
}

void device_reading_set(const struct device_reading *r, struct device_row *row,
                        enum device_column column, const char *text)
{
    uint64_t before = r->problems->count;
    const char *name = device_column_name(column);

    device_row_set(row, column, text, r->problems);
    if (column != DEVICE_COLUMN_ADDRESS || r->any_addresses || r->problems->count != before)
        return;
    if (row->address_count == 0)
        problems_add(r->problems, row->line, name, "\"\" is not legal: %s",
                     device_column_legal(column));
    else if (row->address_count > 1)
        problems_add(r->problems, row->line, name,
                     "%u addresses are not legal here: a device has one, or is one of a prefix's",
                     row->address_count);
}

int device_reading_take(const struct device_reading *r, const struct device_row *row,
                        uint64_t problems_before)
{
    if (r->problems->count == problems_before)
        device_row_check(row, r->problems);
    return r->problems->count == problems_before ? r->take(r->context, row) : 0;
}
