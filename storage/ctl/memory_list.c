/* device list where the store is a devices' file: its rows. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_filter.h"
#include "storage/ctl/memory_devices.h"
#include "storage/ctl/output.h"
#include "storage/device_range.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct listing {
    struct device_filter filter;
    struct ctl_output output;
    uint64_t count;
};

static void print_row(struct ctl_output *o, const struct device_row *row)
{
    char address[NET_ADDRESS_TEXT], last[DEVICE_ICCID_MAX + 1];

    ctl_format_prefix(&row->address, address);
    memcpy(last, row->iccid, sizeof(last));
    device_range_add(last, device_range_last(&row->address));
    ctl_output_begin(o);
    ctl_output_text(o, "iccid", row->iccid);
    ctl_output_texts(o, "address", address, strlen(address));
    ctl_output_text(o, "status", row->active ? "active" : "inactive");
    ctl_output_text(o, "imsi", row->imsi);
    ctl_output_bool(o, "location_allowed", row->location_allowed);
    ctl_output_template(o, row->template, strlen(row->template));
    ctl_output_number(o, "devices", ctl_devices_in(&row->address));
    ctl_output_text(o, "last_iccid", last);
    ctl_output_end(o);
}

static int list_row(void *context, const struct device_row *row)
{
    struct listing *l = context;

    if (l->count < l->filter.limit && device_filter_takes_row(&l->filter, row)) {
        print_row(&l->output, row);
        l->count++;
    }
    return l->count < l->filter.limit && !ferror(stdout) ? 0 : -ECANCELED;
}

/* The column's width follows the longest address, since IPv4 and IPv6 differ so much. */
static int address_width(const struct memory_table *table)
{
    char address[NET_ADDRESS_TEXT];
    size_t width = strlen("ADDRESS");

    for (uint32_t i = 0; i < table->count; i++) {
        size_t length = strlen(ctl_format_prefix(&table->rows[i].prefix, address));

        width = length > width ? length : width;
    }
    return (int)width;
}

int ctl_memory_list(const struct ctl_arguments *a)
{
    struct ctl_column columns[] = {
        {"iccid", "ICCID", 22},    {"address", "ADDRESS", 0},       {"status", "STATUS", 8},
        {"imsi", "IMSI", 15},      {"location_allowed", NULL, 0},   {"template", "TEMPLATE", 15},
        {"devices", "DEVICES", 8}, {"last_iccid", "LAST ICCID", 0}, {0}};
    struct listing listing = {.count = 0};
    struct memory_table table;
    const char *path;
    int code;

    if (!ctl_output_open(&listing.output, a) || !device_filter_read(&listing.filter, a))
        return CTL_USAGE;
    path = ctl_memory_path(a);
    if (!path)
        return CTL_USAGE;
    code = ctl_memory_load(&table, path);
    if (code != CTL_OK)
        return code;
    columns[1].width = address_width(&table);
    memory_table_deinit(&table);
    ctl_output_list(&listing.output, columns);
    code = ctl_memory_rows(path, list_row, &listing) ? CTL_OK : CTL_NO;
    ctl_output_count(listing.count, "row");
    return code;
}
