/* check, and device show where the store is a devices' file. */
#include "storage/ctl/memory_devices.h"

#include "storage/ctl/ctl.h"
#include "storage/ctl/output.h"
#include "storage/device_csv.h"
#include "storage/device_range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *ctl_memory_path(const struct ctl_arguments *a)
{
    const char *path = ctl_option_value(a, OPTION_STORE) + strlen(CTL_MEMORY_SCHEME);

    if (*path)
        return path;
    fputs("simgatectl: --store: legal is memory:FILE.csv, with a file\n", stderr);
    return NULL;
}

int ctl_memory_load(struct memory_table *table, const char *path)
{
    char *error;

    if (memory_table_load(table, path, NULL, NULL, &error) == 0)
        return CTL_OK;
    fprintf(stderr, "%s\n", error ? error : "out of memory");
    free(error);
    memory_table_deinit(table);
    return CTL_NO;
}

int ctl_memory_load_files(struct memory_files *files, const char *path)
{
    char *error;

    if (memory_files_load(files, path, NULL, &error) == 0)
        return CTL_OK;
    fprintf(stderr, "%s\n", error ? error : "out of memory");
    free(error);
    memory_files_deinit(files);
    return CTL_NO;
}

bool ctl_memory_rows(const char *path, device_row_fn *take, void *context)
{
    struct problems problems;
    int result = problems_init(&problems, path);
    bool fine;

    if (result == 0)
        result = device_csv_read(path, take, context, &problems);
    fine = (result == 0 || result == -ECANCELED) && problems.count == 0;
    if (problems.count)
        fprintf(stderr, "%s: was changed while it was read\n", path);
    else if (!fine)
        fprintf(stderr, "%s: %s\n", path, strerror(-result));
    problems_deinit(&problems);
    return fine;
}

const char *ctl_format_prefix(const struct net_prefix *p, char text[NET_ADDRESS_TEXT])
{
    size_t length;

    net_ip_format(p->ip, text);
    length = strlen(text);
    if (p->bits < 128)
        snprintf(text + length, NET_ADDRESS_TEXT - length, "/%d",
                 p->bits - (net_ip_is_v4(p->ip) ? 96 : 0));
    return text;
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t ctl_devices_in(const struct net_prefix *prefix)
{
    return add_saturating(device_range_last(prefix), 1);
}

struct summary {
    uint64_t devices;
    uint64_t active;
    uint32_t prefixes;
    uint32_t beyond_64; /* IPv6 rows that an identity of 64 bits never finds */
};

static struct summary summarise(const struct memory_table *table)
{
    struct summary s = {0};

    for (uint32_t i = 0; i < table->count; i++) {
        const struct memory_row *row = &table->rows[i];
        uint64_t devices = ctl_devices_in(&row->prefix);
        uint8_t cut[16];

        s.devices = add_saturating(s.devices, devices);
        s.active = add_saturating(s.active, row->active ? devices : 0);
        s.prefixes += row->prefix.bits < 128;
        memcpy(cut, row->prefix.ip, sizeof(cut));
        net_ip_mask(cut, 64);
        s.beyond_64 += !net_ip_is_v4(row->prefix.ip) && memcmp(cut, row->prefix.ip, 16) != 0;
    }
    return s;
}

int ctl_check(const struct ctl_arguments *arguments)
{
    struct memory_table table;
    struct summary s;
    int code = ctl_memory_load(&table, arguments->words[0]);

    if (code != CTL_OK)
        return code;
    s = summarise(&table);
    printf("%" PRIu64 " devices in %" PRIu32 " rows: %" PRIu64 " active, %" PRIu64
           " inactive; %" PRIu32 " rows are prefixes\n",
           s.devices, table.count, s.active, s.devices - s.active, s.prefixes);
    if (s.beyond_64)
        printf("note: %" PRIu32 " IPv6 rows are found only if identity.ipv6_prefix is longer than "
               "its default, 64\n",
               s.beyond_64);
    memory_table_deinit(&table);
    return CTL_OK;
}

/* One device: its row and its number in it. `row` is NULL where there is none. */
struct found {
    const struct memory_row *row;
    uint64_t offset;
};

/* As the gateway would ask with the default identity.ipv6_prefix, but for addresses that the file
 * has in full. */
static struct found find_by_address(const struct memory_table *table, uint8_t ip[16])
{
    struct found found = {.row = memory_table_find(table, ip)};

    if (!found.row && !net_ip_is_v4(ip)) {
        net_ip_mask(ip, 64);
        found.row = memory_table_find(table, ip);
    }
    if (found.row)
        found.offset = device_range_offset(&found.row->prefix, ip);
    return found;
}

static struct found find_by_iccid(const struct memory_table *table, const char *iccid)
{
    struct found found = {NULL};

    if (strlen(iccid) <= DEVICE_ICCID_MAX)
        found.row = iccid_index_find(&table->by_iccid, iccid, &found.offset);
    return found;
}

/* Showing a device, and the row that it is in. */
struct showing {
    struct ctl_output output;
    struct memory_files files;
    struct found found;
    bool done;
};

/* Whether the device has a key, and where it is. */
static void print_kept(struct ctl_output *o, struct memory_files *files, const char *iccid)
{
    struct location location;
    struct psk_record record;

    ctl_output_bool(o, "psk", memory_keys_find(&files->keys, iccid, &record));
    explicit_bzero(&record, sizeof(record));
    if (!memory_files_location(files, iccid, &location))
        location = (struct location){.longitude = ""};
    ctl_output_location(o, &location);
}

static void print_found(struct showing *s, const struct device_row *row)
{
    struct ctl_output *o = &s->output;
    const struct found *found = &s->found;
    const struct device device = memory_row_device(found->row, found->offset);
    char address[NET_ADDRESS_TEXT], prefix[NET_ADDRESS_TEXT], line[NET_ADDRESS_TEXT + 32];
    uint8_t ip[16];

    device_range_address(&row->address, found->offset, ip);
    net_ip_format(ip, address);
    snprintf(line, sizeof(line), "line %" PRIu32 ", %s", row->line,
             ctl_format_prefix(&row->address, prefix));
    ctl_output_show(o, 17);
    ctl_output_begin(o);
    ctl_output_text(o, "iccid", device.iccid);
    ctl_output_texts(o, "address", address, strlen(address));
    ctl_output_text(o, "status", device.active ? "active" : "inactive");
    ctl_output_text(o, "imsi", device.imsi);
    ctl_output_bool(o, "location_allowed", device.location_allowed);
    ctl_output_template(o, row->template, strlen(row->template));
    print_kept(o, &s->files, device.iccid);
    if (ctl_output_is_json(o))
        ctl_output_number(o, "line", row->line);
    else
        ctl_output_text(o, "row", line);
    ctl_output_end(o);
}

static int show_row(void *context, const struct device_row *row)
{
    struct showing *s = context;

    if (row->line != s->found.row->line)
        return 0;
    print_found(s, row);
    s->done = true;
    return -ECANCELED;
}

/* Returns an enum ctl_exit. */
static int show(struct showing *s, const char *path, const char *word)
{
    if (!s->found.row) {
        fprintf(stderr, "simgatectl: there is no device %s\n", word);
        return CTL_NO;
    }
    return ctl_memory_rows(path, show_row, s) && s->done ? CTL_OK : CTL_NO;
}

int ctl_memory_show(const struct ctl_arguments *arguments)
{
    const char *word = arguments->words[0], *path;
    bool is_iccid = strspn(word, "0123456789") == strlen(word);
    struct showing s = {.done = false};
    uint8_t ip[16];
    int code;

    if (!ctl_output_open(&s.output, arguments))
        return CTL_USAGE;
    if (!is_iccid && !net_ip_parse(ip, word)) {
        fprintf(stderr, "simgatectl: \"%s\" is neither an address nor an ICCID\n", word);
        return CTL_USAGE;
    }
    path = ctl_memory_path(arguments);
    if (!path)
        return CTL_USAGE;
    code = ctl_memory_load_files(&s.files, path);
    if (code != CTL_OK)
        return code;
    s.found = is_iccid ? find_by_iccid(&s.files.table, word) : find_by_address(&s.files.table, ip);
    code = show(&s, path, word);
    memory_files_deinit(&s.files);
    return code;
}
