/* check, and device list and show where the store is a devices' file. */
#include "storage/ctl/ctl.h"

#include "storage/ctl/output.h"
#include "storage/device_range.h"
#include "storage/memory_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Complains where it fails. */
static int load(struct memory_table *table, const char *path)
{
    char *error;

    if (memory_table_load(table, path, NULL, &error) == 0)
        return CTL_OK;
    fprintf(stderr, "%s\n", error ? error : "out of memory");
    free(error);
    memory_table_deinit(table);
    return CTL_NO;
}

static int load_store(struct memory_table *table, const struct ctl_arguments *arguments)
{
    const char *path = ctl_option_value(arguments, OPTION_STORE) + strlen(CTL_MEMORY_SCHEME);

    if (*path)
        return load(table, path);
    fputs("simgatectl: --store: legal is memory:FILE.csv, with a file\n", stderr);
    return CTL_USAGE;
}

/* "10.0.0.1", "10.0.0.0/8", "fd00::/64" */
static const char *format_prefix(const struct net_prefix *p, char text[NET_ADDRESS_TEXT])
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

/* How many devices a row stands for; all 2^64 of ::/0 are one too many to count. */
static uint64_t devices_in(const struct memory_row *row)
{
    return add_saturating(device_range_last(&row->prefix), 1);
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
        uint64_t devices = devices_in(row);
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
    int code = load(&table, arguments->words[0]);

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

/* The columns' widths follow the longest address, since IPv4 and IPv6 differ so much. */
static int address_width(const struct memory_table *table)
{
    char address[NET_ADDRESS_TEXT];
    size_t width = strlen("ADDRESS");

    for (uint32_t i = 0; i < table->count; i++) {
        size_t length = strlen(format_prefix(&table->rows[i].prefix, address));

        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_row(struct ctl_output *o, const struct memory_row *row)
{
    char address[NET_ADDRESS_TEXT];

    ctl_output_begin(o);
    ctl_output_text(o, "iccid", row->iccid);
    format_prefix(&row->prefix, address);
    ctl_output_texts(o, "address", address, strlen(address));
    ctl_output_text(o, "status", row->active ? "active" : "inactive");
    ctl_output_text(o, "imsi", row->imsi);
    ctl_output_bool(o, "location_allowed", row->location_allowed);
    ctl_output_number(o, "devices", devices_in(row));
    ctl_output_text(o, "last_iccid", memory_row_device(row, device_range_last(&row->prefix)).iccid);
    ctl_output_end(o);
}

int ctl_memory_list(const struct ctl_arguments *arguments)
{
    struct ctl_column columns[] = {{"iccid", "ICCID", 22},          {"address", "ADDRESS", 0},
                                   {"status", "STATUS", 8},         {"imsi", "IMSI", 15},
                                   {"location_allowed", NULL, 0},   {"devices", "DEVICES", 8},
                                   {"last_iccid", "LAST ICCID", 0}, {0}};
    struct memory_table table;
    struct ctl_output output;
    int code;

    if (!ctl_output_open(&output, arguments))
        return CTL_USAGE;
    code = load_store(&table, arguments);
    if (code != CTL_OK)
        return code;
    columns[1].width = address_width(&table);
    ctl_output_list(&output, columns);
    for (uint32_t i = 0; i < table.count; i++)
        print_row(&output, &table.rows[i]);
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

/* The distance of two numbers with as many digits, UINT64_MAX when the second is smaller. */
static uint64_t distance(const char *from, const char *to)
{
    unsigned __int128 a = 0, b = 0;

    for (; *from && *to; from++, to++) {
        a = a * 10 + (unsigned)(*from - '0');
        b = b * 10 + (unsigned)(*to - '0');
    }
    return !*from && !*to && b >= a && b - a < UINT64_MAX ? (uint64_t)(b - a) : UINT64_MAX;
}

static struct found find_by_iccid(const struct memory_table *table, const char *iccid)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct memory_row *row = &table->rows[i];
        uint64_t offset = distance(row->iccid, iccid);

        if (offset != UINT64_MAX && offset <= device_range_last(&row->prefix))
            return (struct found){row, offset};
    }
    return (struct found){0};
}

static void print_found(struct ctl_output *o, const struct found *found)
{
    const struct device device = memory_row_device(found->row, found->offset);
    char address[NET_ADDRESS_TEXT], prefix[NET_ADDRESS_TEXT], row[NET_ADDRESS_TEXT + 32];
    uint8_t ip[16];

    device_range_address(&found->row->prefix, found->offset, ip);
    net_ip_format(ip, address);
    snprintf(row, sizeof(row), "line %" PRIu32 ", %s", found->row->line,
             format_prefix(&found->row->prefix, prefix));
    ctl_output_show(o, 17);
    ctl_output_begin(o);
    ctl_output_text(o, "iccid", device.iccid);
    ctl_output_texts(o, "address", address, strlen(address));
    ctl_output_text(o, "status", device.active ? "active" : "inactive");
    ctl_output_text(o, "imsi", device.imsi);
    ctl_output_bool(o, "location_allowed", device.location_allowed);
    if (ctl_output_is_json(o))
        ctl_output_number(o, "line", found->row->line);
    else
        ctl_output_text(o, "row", row);
    ctl_output_end(o);
}

int ctl_memory_show(const struct ctl_arguments *arguments)
{
    const char *word = arguments->words[0];
    bool is_iccid = strspn(word, "0123456789") == strlen(word);
    struct memory_table table;
    struct ctl_output output;
    struct found found;
    uint8_t ip[16];
    int code;

    if (!ctl_output_open(&output, arguments))
        return CTL_USAGE;
    if (!is_iccid && !net_ip_parse(ip, word)) {
        fprintf(stderr, "simgatectl: \"%s\" is neither an address nor an ICCID\n", word);
        return CTL_USAGE;
    }
    code = load_store(&table, arguments);
    if (code != CTL_OK)
        return code;
    found = is_iccid ? find_by_iccid(&table, word) : find_by_address(&table, ip);
    if (found.row)
        print_found(&output, &found);
    else
        fprintf(stderr, "simgatectl: there is no device %s\n", word);
    memory_table_deinit(&table);
    return found.row ? CTL_OK : CTL_NO;
}
