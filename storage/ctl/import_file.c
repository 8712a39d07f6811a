#include "storage/ctl/import_file.h"

#include "storage/ctl/device_options.h"
#include "storage/device_csv.h"
#include "storage/device_range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whether the row stands for whole /64s. */
static bool counts_in_64(const struct memory_row *row)
{
    return !net_ip_is_v4(row->prefix.ip) && row->prefix.bits <= 64;
}

static void check_row(struct import_file *f, const struct memory_row *row,
                      struct problems *problems)
{
    uint64_t last = device_range_last(&row->prefix);

    if (last >= IMPORT_PREFIX_MAX)
        problems_add(problems, row->line, "address",
                     "a prefix with more than %d devices is not legal here: "
                     "each becomes a key of its own",
                     IMPORT_PREFIX_MAX);
    else if (counts_in_64(row) && f->ipv6_prefix > 64)
        problems_add(problems, row->line, "address",
                     "a prefix of up to 64 bits is not legal with --ipv6-prefix %u: "
                     "it has a device for each /64",
                     f->ipv6_prefix);
    else
        f->devices += last + 1;
}

/* What only an import minds. */
static bool check_rows(struct import_file *f)
{
    struct problems problems;
    bool fine = false;
    char *text = NULL;

    if (problems_init(&problems, f->path) == 0) {
        for (uint32_t i = 0; i < f->table.count; i++)
            check_row(f, &f->table.rows[i], &problems);
        fine = problems.count == 0;
        text = problems_take(&problems);
    }
    if (!fine)
        fprintf(stderr, "%s\n", text ? text : "out of memory");
    free(text);
    problems_deinit(&problems);
    return fine;
}

bool import_file_open(struct import_file *f, const char *path, unsigned ipv6_prefix)
{
    struct stat status;
    char *error = NULL;

    *f = (struct import_file){.path = path, .ipv6_prefix = ipv6_prefix};
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        fprintf(stderr, "%s: not a regular file, and it has to be read twice\n", path);
        return false;
    }
    if (memory_table_load(&f->table, path, NULL, &error) == 0)
        return check_rows(f);
    fprintf(stderr, "%s\n", error ? error : "out of memory");
    free(error);
    return false;
}

void import_file_close(struct import_file *f)
{
    memory_table_deinit(&f->table);
}

/* Whether a device of a prefix would ever be looked up: not where its address is another row's, and
 * not where it is within the address of the device before. */
static bool is_looked_up(const struct import_file *f, const struct device_row *row,
                         const uint8_t ip[16])
{
    const struct memory_row *longest = memory_table_find(&f->table, ip);
    uint8_t cut[16];

    memcpy(cut, ip, sizeof(cut));
    return longest && longest->line == row->line && !ctl_cut_address(cut, f->ipv6_prefix);
}

static int take_device(struct import_file *f, const struct device_row *row, uint64_t offset)
{
    struct device_change change = {.mode = DEVICE_CHANGE_PUT, .row = *row, .address_count = 1};
    uint8_t *ip = change.addresses[0];

    device_range_address(&row->address, offset, ip);
    if (device_range_last(&row->address) > 0 && !is_looked_up(f, row, ip)) {
        f->left_out++;
        return 0;
    }
    f->cut += ctl_cut_address(ip, f->ipv6_prefix);
    device_range_add(change.row.iccid, offset);
    if (*change.row.imsi)
        device_range_add(change.row.imsi, offset);
    return f->take(f->context, &change);
}

static int take_row(void *context, const struct device_row *row)
{
    struct import_file *f = context;
    uint64_t last = device_range_last(&row->address);
    int result = last < IMPORT_PREFIX_MAX ? 0 : -EINVAL;

    f->given |= row->given;
    for (uint64_t offset = 0; result == 0 && offset <= last; offset++)
        result = take_device(f, row, offset);
    return result;
}

int import_file_read(struct import_file *f, import_file_fn *take, void *context)
{
    struct problems problems;
    int result = problems_init(&problems, f->path);

    f->take = take;
    f->context = context;
    if (result == 0)
        result = device_csv_read(f->path, take_row, f, &problems);
    if (result == 0 && problems.count)
        result = -EINVAL;
    problems_deinit(&problems);
    return result;
}
