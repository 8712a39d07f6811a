/* location set, show and clear. */
#include "base/clock.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/ctl_store.h"
#include "storage/ctl/device_options.h"
#include "storage/ctl/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SOURCE_BY_DEFAULT "manual"

static bool is_missing(const struct ctl_arguments *a, enum ctl_option option)
{
    return !a->given[option] || !*a->given[option];
}

/* False after a complaint. */
static bool read_location(struct device_row *row, const struct ctl_arguments *a)
{
    struct location *l = &row->location;
    const char *when = a->given[OPTION_TIME];
    bool is_now = !when || strcmp(when, "now") == 0;

    if (is_missing(a, OPTION_LONGITUDE) || is_missing(a, OPTION_LATITUDE)) {
        fprintf(stderr, "simgatectl: location set needs %s and %s (see simgatectl --help)\n",
                ctl_option_name(OPTION_LONGITUDE), ctl_option_name(OPTION_LATITUDE));
        return false;
    }
    if (!a->given[OPTION_SOURCE])
        memcpy(l->source, SOURCE_BY_DEFAULT, sizeof(SOURCE_BY_DEFAULT));
    if (is_now)
        snprintf(l->sample_time, sizeof(l->sample_time), "%" PRIu64,
                 clock_wall_ms() / 1000 % UINT64_C(1000000000000));
    return ctl_read_column(row, a, OPTION_LONGITUDE, DEVICE_COLUMN_LONGITUDE) &&
           ctl_read_column(row, a, OPTION_LATITUDE, DEVICE_COLUMN_LATITUDE) &&
           ctl_read_column(row, a, OPTION_SOURCE, DEVICE_COLUMN_SOURCE) &&
           (is_now || ctl_read_column(row, a, OPTION_TIME, DEVICE_COLUMN_SAMPLE_TIME));
}

static int complain_absent(const char *iccid)
{
    fprintf(stderr, "simgatectl: there is no device %s\n", iccid);
    return CTL_NO;
}

int ctl_location_set(const struct ctl_arguments *a)
{
    struct device_row row = {0};
    struct ctl_store store;
    int code;

    if (!ctl_read_iccid(&row, a->words[0]) || !read_location(&row, a))
        return CTL_USAGE;
    code = ctl_store_open(&store, a);
    if (code == CTL_OK)
        code = store.locations->find_device(&store, row.iccid);
    if (code == CTL_ABSENT)
        code = complain_absent(row.iccid);
    if (code == CTL_OK)
        code = store.locations->write(&store, row.iccid, &row.location);
    if (code == CTL_OK)
        ctl_store_tell(&store, row.iccid, "updated");
    ctl_store_close(&store);
    return code;
}

/* Whether a field makes sense, where it has to, or is there at all. */
static bool check(const char *name, const char *text, bool (*is_legal)(const char *), bool required)
{
    if (*text ? is_legal(text) : !required)
        return true;
    fprintf(stderr, "simgatectl: %s %s: gateways take it as missing\n", name,
            *text ? "makes no sense" : "is missing");
    return false;
}

static int print(struct ctl_output *o, const char *iccid, const struct ctl_location *l)
{
    bool fine;

    ctl_output_show(o, 11);
    ctl_output_begin(o);
    ctl_output_text(o, "iccid", iccid);
    ctl_output_decimal(o, "longitude", l->longitude, strlen(l->longitude));
    ctl_output_decimal(o, "latitude", l->latitude, strlen(l->latitude));
    ctl_output_text(o, "source", l->source);
    ctl_output_decimal(o, "sample_time", l->sample_time, strlen(l->sample_time));
    ctl_output_end(o);
    fflush(stdout);
    fine = check("longitude", l->longitude, location_longitude_is_legal, true);
    fine &= check("latitude", l->latitude, location_latitude_is_legal, true);
    if (!fine)
        fputs("simgatectl: so the device has no location\n", stderr);
    fine &= check("source", l->source, location_source_is_legal, false);
    fine &= check("sample_time", l->sample_time, location_time_is_legal, false);
    return fine ? CTL_OK : CTL_NO;
}

static int show(struct ctl_store *store, struct ctl_output *o, const char *iccid)
{
    struct ctl_location location;
    int code = store->locations->find_device(store, iccid);

    if (code != CTL_OK)
        return code == CTL_ABSENT ? complain_absent(iccid) : code;
    code = store->locations->read(store, iccid, &location);
    if (code == CTL_OK)
        return print(o, iccid, &location);
    if (code != CTL_ABSENT)
        return code;
    fprintf(stderr, "simgatectl: %s has no location\n", iccid);
    return CTL_NO;
}

int ctl_location_show(const struct ctl_arguments *a)
{
    struct device_row row = {0};
    struct ctl_output output;
    struct ctl_store store;
    int code;

    if (!ctl_output_open(&output, a) || !ctl_read_iccid(&row, a->words[0]))
        return CTL_USAGE;
    code = ctl_store_open(&store, a);
    if (code == CTL_OK)
        code = show(&store, &output, row.iccid);
    ctl_store_close(&store);
    return code;
}

/* Also what a device left that is not there any more. */
static int clear(struct ctl_store *store, const char *iccid)
{
    int code = store->locations->remove(store, iccid);

    if (code == CTL_OK)
        ctl_store_tell(store, iccid, "cleared");
    if (code != CTL_ABSENT)
        return code;
    code = store->locations->find_device(store, iccid);
    if (code == CTL_OK)
        printf("%s unchanged\n", iccid);
    return code == CTL_ABSENT ? complain_absent(iccid) : code;
}

int ctl_location_clear(const struct ctl_arguments *a)
{
    struct device_row row = {0};
    struct ctl_store store;
    int code;

    if (!ctl_read_iccid(&row, a->words[0]))
        return CTL_USAGE;
    code = ctl_store_open(&store, a);
    if (code == CTL_OK)
        code = clear(&store, row.iccid);
    ctl_store_close(&store);
    return code;
}
