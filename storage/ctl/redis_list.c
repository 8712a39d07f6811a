/* device list where the store is Redis. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_filter.h"
#include "storage/ctl/output.h"
#include "storage/ctl/redis_scan.h"

#include <stdio.h>

struct listing {
    struct device_filter filter;
    struct ctl_output output;
    uint64_t count;
};

static void print_device(struct ctl_output *o, const struct redis_device *device)
{
    const struct redis_field *f = device->fields;

    ctl_output_begin(o);
    ctl_output_text(o, "iccid", device->iccid);
    ctl_output_texts(o, "address", f[DEVICE_FIELD_ADDRESSES].text,
                     f[DEVICE_FIELD_ADDRESSES].length);
    ctl_output_bytes(o, "status", f[DEVICE_FIELD_STATUS].text, f[DEVICE_FIELD_STATUS].length);
    ctl_output_bytes(o, "imsi", f[DEVICE_FIELD_IMSI].text, f[DEVICE_FIELD_IMSI].length);
    ctl_output_choice(o, "location_allowed", f[DEVICE_FIELD_LOCATION_ALLOWED].text,
                      f[DEVICE_FIELD_LOCATION_ALLOWED].length);
    ctl_output_template(o, f[DEVICE_FIELD_TEMPLATE].text, f[DEVICE_FIELD_TEMPLATE].length);
    ctl_output_end(o);
}

static bool list_device(void *context, const struct redis_device *device)
{
    struct listing *l = context;

    if (l->count < l->filter.limit && device_filter_takes_fields(&l->filter, device->fields)) {
        print_device(&l->output, device);
        l->count++;
    }
    return l->count < l->filter.limit && !ferror(stdout);
}

int ctl_redis_list(const struct ctl_arguments *a)
{
    static const struct ctl_column columns[] = {{"iccid", "ICCID", 22},
                                                {"address", "ADDRESS", 15},
                                                {"status", "STATUS", 8},
                                                {"imsi", "IMSI", 15},
                                                {"location_allowed", NULL, 0},
                                                {"template", "TEMPLATE", 0},
                                                {0}};
    struct ctl_connection connection;
    struct listing listing = {.count = 0};
    struct redis_scan scan = {.connection = &connection, .take = list_device, .context = &listing};
    int code;

    if (!ctl_output_open(&listing.output, a) || !device_filter_read(&listing.filter, a))
        return CTL_USAGE;
    scan.iccid = listing.filter.iccid;
    code = ctl_connection_open(&connection, a);
    if (code == CTL_OK) {
        ctl_output_list(&listing.output, columns);
        code = redis_scan_run(&scan) ? CTL_OK : CTL_STORE;
    }
    if (code == CTL_OK) {
        ctl_output_count(listing.count, "device");
        code = redis_scan_complain(&scan) ? CTL_NO : CTL_OK;
    }
    ctl_connection_close(&connection);
    return code;
}
