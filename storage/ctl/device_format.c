#include "storage/ctl/device_format.h"

#include "base/writer.h"
#include "storage/csv.h"
#include "storage/ctl/memory_devices.h"
#include "storage/ctl/output.h"
#include "storage/device_csv.h"
#include "storage/device_jsonl.h"

#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), rest = strlen(end);

    return length >= rest && strcmp(text + length - rest, end) == 0;
}

bool device_format_read(enum device_format *format, const struct ctl_arguments *a, const char *path)
{
    const char *text = a->given[OPTION_FORMAT];

    *format = DEVICE_FORMAT_CSV;
    if (text ? strcmp(text, "jsonl") == 0
             : path && (ends_with(path, ".jsonl") || ends_with(path, ".ndjson") ||
                        ends_with(path, ".json")))
        *format = DEVICE_FORMAT_JSONL;
    if (!text || *format == DEVICE_FORMAT_JSONL || strcmp(text, "csv") == 0)
        return true;
    fprintf(stderr, "simgatectl: %s: \"%s\" is not legal: csv and jsonl are\n",
            ctl_option_name(OPTION_FORMAT), text);
    return false;
}

int device_file_read(enum device_format format, const char *path,
                     const struct device_reading *reading)
{
    return format == DEVICE_FORMAT_JSONL ? device_jsonl_read(path, reading)
                                         : device_csv_read_as(path, reading);
}

/* In the order in which they are written. */
static const enum device_column order[DEVICE_COLUMNS] = {DEVICE_COLUMN_ICCID,
                                                         DEVICE_COLUMN_ADDRESS,
                                                         DEVICE_COLUMN_STATUS,
                                                         DEVICE_COLUMN_IMSI,
                                                         DEVICE_COLUMN_LOCATION_ALLOWED,
                                                         DEVICE_COLUMN_TEMPLATE,
                                                         DEVICE_COLUMN_LONGITUDE,
                                                         DEVICE_COLUMN_LATITUDE,
                                                         DEVICE_COLUMN_SOURCE,
                                                         DEVICE_COLUMN_SAMPLE_TIME,
                                                         DEVICE_COLUMN_PSK,
                                                         DEVICE_COLUMN_PSK_FORMAT};

/* How many of them are written: the keys' are the last. */
static unsigned columns(const struct device_writer *w)
{
    return w->reveal ? DEVICE_COLUMNS : DEVICE_COLUMNS - 2;
}

void device_writer_begin(const struct device_writer *w)
{
    for (unsigned i = 0; i < columns(w) && w->format == DEVICE_FORMAT_CSV; i++)
        fprintf(w->to, "%s%s", i ? "," : "", device_column_name(order[i]));
    if (w->format == DEVICE_FORMAT_CSV)
        putc('\n', w->to);
}

/* The value of a column but for the addresses; "" where there is none. */
static const char *text_of(const struct device_row *row, enum device_column column)
{
    switch (column) {
    case DEVICE_COLUMN_ICCID:
        return row->iccid;
    case DEVICE_COLUMN_STATUS:
        return row->active ? "active" : "inactive";
    case DEVICE_COLUMN_IMSI:
        return row->imsi;
    case DEVICE_COLUMN_PSK:
        return row->psk;
    case DEVICE_COLUMN_PSK_FORMAT:
        return !*row->psk ? "" : row->psk_is_hex ? "hex" : "text";
    case DEVICE_COLUMN_LOCATION_ALLOWED:
        return row->location_allowed ? "true" : "false";
    case DEVICE_COLUMN_LONGITUDE:
        return row->location.longitude;
    case DEVICE_COLUMN_LATITUDE:
        return row->location.latitude;
    case DEVICE_COLUMN_SOURCE:
        return row->location.source;
    case DEVICE_COLUMN_SAMPLE_TIME:
        return row->location.sample_time;
    case DEVICE_COLUMN_TEMPLATE:
        return row->template;
    default:
        return "";
    }
}

const char *device_row_text(const struct device_row *row, enum device_column column,
                            char text[DEVICE_TEXT_MAX])
{
    char address[NET_ADDRESS_TEXT];
    struct writer w = writer_over(text, DEVICE_TEXT_MAX);

    if (column != DEVICE_COLUMN_ADDRESS)
        writer_text(&w, text_of(row, column));
    else if (row->address_count > 0)
        writer_text(&w, ctl_format_prefix(&row->address, address));
    for (unsigned i = 0; column == DEVICE_COLUMN_ADDRESS && i + 1 < row->address_count; i++) {
        writer_literal(&w, ",");
        writer_text(&w, net_ip_format(row->further[i], address));
    }
    writer_terminate(&w);
    return text;
}

static void put_csv(const struct device_writer *w, const struct device_row *row)
{
    char text[DEVICE_TEXT_MAX];

    for (unsigned i = 0; i < columns(w); i++) {
        if (i)
            putc_unlocked(',', w->to);
        csv_field_write(w->to, device_row_text(row, order[i], text));
    }
    putc_unlocked('\n', w->to);
}

static void put_json(const struct device_writer *w, const struct device_row *row)
{
    struct ctl_output o = {.to = w->to, .is_json = true};
    char addresses[DEVICE_TEXT_MAX];

    ctl_output_begin(&o);
    for (unsigned i = 0; i < columns(w); i++) {
        const char *name = device_column_name(order[i]), *text = text_of(row, order[i]);

        if (order[i] == DEVICE_COLUMN_ADDRESS) {
            device_row_text(row, order[i], addresses);
            ctl_output_texts(&o, name, addresses, strlen(addresses));
        } else if (order[i] == DEVICE_COLUMN_LOCATION_ALLOWED) {
            ctl_output_bool(&o, name, row->location_allowed);
        } else if (order[i] == DEVICE_COLUMN_LONGITUDE || order[i] == DEVICE_COLUMN_LATITUDE ||
                   order[i] == DEVICE_COLUMN_SAMPLE_TIME) {
            ctl_output_decimal(&o, name, text, strlen(text));
        } else {
            ctl_output_text(&o, name, text);
        }
    }
    ctl_output_end(&o);
}

void device_writer_put(const struct device_writer *w, const struct device_row *row)
{
    if (w->format == DEVICE_FORMAT_JSONL)
        put_json(w, row);
    else
        put_csv(w, row);
}
