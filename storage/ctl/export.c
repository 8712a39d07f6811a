/* export: all devices of a store, as a file that import takes. */
#include "base/clock.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_format.h"
#include "storage/ctl/device_options.h"
#include "storage/ctl/interrupt.h"
#include "storage/ctl/memory_devices.h"
#include "storage/ctl/progress.h"
#include "storage/ctl/redis_scan.h"
#include "storage/device_range.h"
#include "storage/file_replace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CHECK_EACH 512 /* devices */

struct export
{
    const char *path; /* NULL: standard output */
    struct device_writer writer;
    struct file_replace file;
    struct progress progress;
    struct interrupt interrupt;
    uint64_t count;
    uint64_t odd; /* devices with something that makes no sense */
};

static bool complain(const char *path, int error)
{
    fprintf(stderr, "simgatectl: %s: %s\n", path, strerror(error));
    return false;
}

/* A pipe or a device would be replaced by a file. */
static bool is_replaceable(const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0 || S_ISREG(status.st_mode))
        return true;
    fprintf(stderr, "simgatectl: %s: not a regular file\n", path);
    return false;
}

/* Who may read keys is to be said by their owner. False after a complaint. */
static bool open_file(struct export *e)
{
    int result;

    if (!is_replaceable(e->path))
        return false;
    result = file_replace_begin(&e->file, e->path, 0644);
    if (result == 0 && e->writer.reveal && fchmod(fileno(e->file.file), 0600) < 0)
        result = -errno;
    if (result < 0)
        return complain(e->path, -result);
    e->writer.to = e->file.file;
    return true;
}

/* False after a complaint. */
static bool begin(struct export *e)
{
    if (e->path && !open_file(e)) {
        file_replace_end(&e->file);
        return false;
    }
    if (e->path)
        interrupt_open(&e->interrupt);
    progress_start(&e->progress, 0, clock_now());
    device_writer_begin(&e->writer);
    return true;
}

/* False where there is no point in going on. */
static bool put(struct export *e, const struct device_row *row)
{
    device_writer_put(&e->writer, row);
    if (++e->count % CHECK_EACH == 0)
        progress_tell(&e->progress, e->count, clock_now());
    return !ferror(e->writer.to) && !(e->count % CHECK_EACH == 0 && interrupt_came(&e->interrupt));
}

/* Returns an enum ctl_exit: `code` unless something else is to be said. */
static int end(struct export *e, int code)
{
    int result;

    progress_clear(&e->progress);
    if (e->interrupt.number)
        fputs("simgatectl: the export ended early: nothing was written\n", stderr);
    if (e->odd)
        fprintf(stderr,
                "note: %" PRIu64 " devices have something that makes no sense: it was left out, as "
                "gateways do\n",
                e->odd);
    if (e->path && code == CTL_OK && !e->interrupt.number) {
        result = file_replace_commit(&e->file);
        if (result < 0 && !complain(e->path, -result))
            code = CTL_NO;
    }
    file_replace_end(&e->file);
    interrupt_close(&e->interrupt);
    return code;
}

/* Reads the command line. False after a complaint. */
static bool read_options(struct export *e, const struct ctl_arguments *a)
{
    *e = (struct export){.path = a->count && strcmp(a->words[0], "-") != 0 ? a->words[0] : NULL,
                         .writer = {.to = stdout, .reveal = a->given[OPTION_REVEAL] != NULL},
                         .interrupt = {.fd = -1}};
    return device_format_read(&e->writer.format, a, e->path);
}

/* Sets a column to what Redis has. False where that makes no sense. */
static bool set(struct device_row *row, enum device_column column, const struct redis_field *field)
{
    char text[128]; /* more than any legal value has */
    struct device_row changed = *row;

    if (!field->text || field->length == 0)
        return true;
    if (field->length >= sizeof(text) || memchr(field->text, 0, field->length))
        return false;
    memcpy(text, field->text, field->length);
    text[field->length] = 0;
    if (!device_row_read(&changed, column, text))
        return false;
    *row = changed;
    return true;
}

/* One by one: where one makes no sense, the others are those that gateways know the device by, and
 * importing the file must not take them away. A prefix is none, and would become many devices. */
static bool set_addresses(struct device_row *row, const struct redis_field *list)
{
    size_t left = list->length;
    const char *at = list->text;
    bool fine = true;

    while (at && left > 0) {
        const char *comma = memchr(at, ',', left);
        const struct redis_field address = {at, comma ? (size_t)(comma - at) : left};

        fine &= address.length > 0 && !memchr(at, '/', address.length) &&
                set(row, DEVICE_COLUMN_ADDRESS, &address);
        left -= address.length + (comma != NULL);
        at += address.length + 1;
    }
    return fine;
}

/* Whether all of it makes sense. */
static bool make_row(struct device_row *row, const struct redis_device *d)
{
    const struct redis_field *f = d->fields;
    struct psk key;
    bool fine;

    *row = (struct device_row){.line = 0};
    memcpy(row->iccid, d->iccid, sizeof(row->iccid));
    fine = set_addresses(row, &f[DEVICE_FIELD_ADDRESSES]);
    fine &= set(row, DEVICE_COLUMN_STATUS, &f[DEVICE_FIELD_STATUS]);
    fine &= set(row, DEVICE_COLUMN_IMSI, &f[DEVICE_FIELD_IMSI]);
    fine &= set(row, DEVICE_COLUMN_LOCATION_ALLOWED, &f[DEVICE_FIELD_LOCATION_ALLOWED]);
    fine &= set(row, DEVICE_COLUMN_TEMPLATE, &f[DEVICE_FIELD_TEMPLATE]);
    if (!redis_device_location(d, &row->location)) {
        row->location = (struct location){.longitude = ""};
        fine &= !d->location[LOCATION_FIELD_LONGITUDE].text;
    }
    if (redis_device_psk(d, &key)) {
        memcpy(row->psk, key.text, sizeof(row->psk));
        row->psk_is_hex = key.is_hex;
    } else {
        fine &= !d->psk[PSK_FIELD_KEY].text;
    }
    return fine;
}

static bool export_device(void *context, const struct redis_device *device)
{
    struct export *e = context;
    struct device_row row;

    e->odd += !make_row(&row, device);
    return put(e, &row);
}

int ctl_redis_export(const struct ctl_arguments *a)
{
    struct ctl_connection connection;
    struct export e;
    struct redis_scan scan = {.connection = &connection,
                              .iccid = "",
                              .with_location = true,
                              .with_psk = a->given[OPTION_REVEAL] != NULL,
                              .take = export_device,
                              .context = &e};
    int code;

    if (!read_options(&e, a))
        return CTL_USAGE;
    code = ctl_connection_open(&connection, a);
    if (code == CTL_OK && !begin(&e))
        code = CTL_NO;
    else if (code == CTL_OK)
        code = end(&e, redis_scan_run(&scan) ? CTL_OK : CTL_STORE);
    if (code == CTL_OK && redis_scan_complain(&scan))
        code = CTL_NO;
    ctl_connection_close(&connection);
    return code;
}

/* What is exported from a memory store. */
struct export_rows {
    struct export export;
    struct memory_files files;
};

/* A row as it is, but for a location and a key that its device has got since. Those of a prefix's
 * devices are no row's. */
static int export_row(void *context, const struct device_row *row)
{
    struct export_rows *r = context;
    struct device_row now = *row;
    struct psk_record record;
    int result;

    if (device_range_last(&row->address) == 0) {
        if (!memory_files_location(&r->files, row->iccid, &now.location))
            now.location = (struct location){.longitude = ""};
        if (memory_keys_find(&r->files.keys, row->iccid, &record)) {
            memcpy(now.psk, record.newest.text, sizeof(now.psk));
            now.psk_is_hex = record.newest.is_hex;
        }
    }
    result = put(&r->export, &now) ? 0 : -ECANCELED;
    explicit_bzero(&now, sizeof(now));
    explicit_bzero(&record, sizeof(record));
    return result;
}

int ctl_memory_export(const struct ctl_arguments *a)
{
    const char *path = ctl_memory_path(a);
    struct export_rows r;
    int code;

    if (!path || !read_options(&r.export, a))
        return CTL_USAGE;
    code = ctl_memory_load_files(&r.files, path);
    if (code != CTL_OK)
        return code;
    if (!begin(&r.export))
        code = CTL_NO;
    else
        code = end(&r.export, ctl_memory_rows(path, export_row, &r) ? CTL_OK : CTL_NO);
    memory_files_deinit(&r.files);
    return code;
}
