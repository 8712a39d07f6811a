#include "storage/ctl/import_file.h"

#include "storage/ctl/device_options.h"
#include "storage/device_range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool read_from_line(struct import_file *f, const struct ctl_arguments *a)
{
    const char *text = a->given[OPTION_FROM_LINE];
    size_t digits = text ? strspn(text, "0123456789") : 0;

    if (!text)
        return true;
    f->from_line = (uint32_t)strtoul(text, NULL, 10);
    if (digits >= 1 && digits <= 9 && !text[digits])
        return true;
    fprintf(stderr, "simgatectl: %s: \"%s\" is not legal: the number of a line is\n",
            ctl_option_name(OPTION_FROM_LINE), text);
    return false;
}

bool import_file_options(struct import_file *f, const struct ctl_arguments *a)
{
    *f = (struct import_file){.path = a->words[0],
                              .name = a->words[0],
                              .is_stdin = strcmp(a->words[0], "-") == 0,
                              .is_strict = a->given[OPTION_STRICT] != NULL};
    if (f->is_stdin) {
        f->path = "/dev/stdin";
        f->name = "standard input";
    }
    if (f->is_stdin && f->is_strict) {
        fprintf(stderr, "simgatectl: %s reads a file twice, and standard input can be read once\n",
                ctl_option_name(OPTION_STRICT));
        return false;
    }
    return device_format_read(&f->format, a, f->path) && read_from_line(f, a) &&
           ctl_ipv6_prefix(a, &f->ipv6_prefix);
}

/* Whether the row stands for whole /64s. */
static bool counts_in_64(const struct net_prefix *prefix)
{
    return !net_ip_is_v4(prefix->ip) && prefix->bits <= 64;
}

/* Only a row of one device has room for a key, and its numbers must not grow longer. */
static void check_range(const struct device_row *row, uint64_t last, struct problems *problems)
{
    char iccid[sizeof(row->iccid)], imsi[sizeof(row->imsi)];

    memcpy(iccid, row->iccid, sizeof(iccid));
    memcpy(imsi, row->imsi, sizeof(imsi));
    if (!device_range_add(iccid, last))
        problems_add(problems, row->line, "iccid", "too few digits for %" PRIu64 " devices",
                     last + 1);
    if (*imsi && !device_range_add(imsi, last))
        problems_add(problems, row->line, "imsi", "too few digits for %" PRIu64 " devices",
                     last + 1);
    if (*row->psk)
        problems_add(problems, row->line, "psk",
                     "a prefix is many devices, and each has a key of its own: not legal here");
}

/* What only an import minds. */
static bool check_row(const struct import_file *f, const struct device_row *row,
                      struct problems *problems)
{
    uint64_t before = problems->count, last = device_range_last(&row->address);

    if (row->address_count == 0)
        return true;
    if (last >= IMPORT_PREFIX_MAX)
        problems_add(problems, row->line, "address",
                     "a prefix with more than %d devices is not legal here: "
                     "each becomes a key of its own",
                     IMPORT_PREFIX_MAX);
    else if (counts_in_64(&row->address) && f->ipv6_prefix > 64)
        problems_add(problems, row->line, "address",
                     "a prefix of up to 64 bits is not legal with --ipv6-prefix %u: "
                     "it has a device for each /64",
                     f->ipv6_prefix);
    else if (last > 0 && f->is_stdin)
        problems_add(problems, row->line, "address",
                     "a prefix is not legal in standard input: it has to be read twice for that");
    else if (last > 0)
        check_range(row, last, problems);
    return problems->count == before;
}

static int look_at_row(void *context, const struct device_row *row)
{
    struct import_file *f = context;
    uint64_t devices = row->address_count ? device_range_last(&row->address) + 1 : 1;

    if (!check_row(f, row, f->problems))
        return 0;
    f->has_prefixes |= devices > 1;
    f->devices += row->line >= f->from_line ? devices : 0;
    return f->is_strict ? import_check_add(&f->check, row, true) : 0;
}

static int keep_addresses(void *context, const struct device_row *row)
{
    struct import_file *f = context;

    return import_check_add(&f->check, row, false);
}

/* Reads the file with `take`, gathering problems. Returns 0 or -errno. */
static int look_at_all(struct import_file *f, device_row_fn *take, struct problems *problems)
{
    const struct device_reading reading = {
        .any_addresses = true, .take = take, .context = f, .problems = problems};

    f->problems = problems;
    return device_file_read(f->format, f->path, &reading);
}

/* Returns 0, -EINVAL where a file that is to be flawless is not, or -errno. */
static int look_at_file(struct import_file *f, struct problems *problems)
{
    int result = look_at_all(f, look_at_row, problems);

    if (result == 0 && f->has_prefixes && !f->is_strict)
        result = look_at_all(f, keep_addresses, problems);
    if (result < 0)
        return result;
    import_check_sort(&f->check);
    if (!f->is_strict)
        return 0;
    result = import_check_twice(&f->check, problems);
    return result == 0 && problems->count ? -EINVAL : result;
}

bool import_file_open(struct import_file *f)
{
    struct problems problems;
    struct stat status;
    char *text = NULL;
    int result;

    if (f->is_stdin)
        return true;
    if (stat(f->path, &status) == 0 && !S_ISREG(status.st_mode)) {
        fprintf(stderr, "%s: not a regular file; standard input is \"-\"\n", f->name);
        return false;
    }
    result = problems_init(&problems, f->name);
    if (result == 0)
        result = look_at_file(f, &problems);
    if (result == -EINVAL)
        text = problems_take(&problems);
    if (result == -EINVAL)
        fprintf(stderr, "%s\n", text ? text : "out of memory");
    else if (result < 0)
        fprintf(stderr, "%s: %s\n", f->name, strerror(-result));
    free(text);
    problems_deinit(&problems);
    return result == 0;
}

void import_file_close(struct import_file *f)
{
    import_check_free(&f->check);
}

/* Whether a device of a prefix would ever be looked up: not where its address is another row's, and
 * not where it is within the address of the device before. */
static bool is_looked_up(const struct import_file *f, struct import_holes *holes,
                         const uint8_t ip[16])
{
    uint8_t cut[16];

    memcpy(cut, ip, sizeof(cut));
    return !import_holes_have(holes, ip) && !ctl_cut_address(cut, f->ipv6_prefix);
}

/* A device of a prefix. */
static int take_one_of_many(struct import_file *f, struct device_change *change, uint64_t offset,
                            struct import_holes *holes)
{
    const struct device_row row = change->row;
    int result;

    device_range_address(&row.address, offset, change->addresses[0]);
    if (!is_looked_up(f, holes, change->addresses[0])) {
        f->left_out++;
        return 0;
    }
    device_range_add(change->row.iccid, offset);
    if (*change->row.imsi)
        device_range_add(change->row.imsi, offset);
    result = f->take(f->context, change);
    change->row = row;
    return result;
}

static int take_prefix(struct import_file *f, struct device_change *change)
{
    uint64_t last = device_range_last(&change->row.address);
    struct import_holes holes;
    int result = 0;

    import_holes_begin(&holes, &f->check, &change->row.address);
    change->address_count = 1;
    for (uint64_t offset = 0; result == 0 && offset <= last; offset++)
        result = take_one_of_many(f, change, offset, &holes);
    return result;
}

static void take_address(struct import_file *f, struct device_change *change, const uint8_t ip[16])
{
    uint8_t cut[16];

    memcpy(cut, ip, sizeof(cut));
    f->cut += ctl_cut_address(cut, f->ipv6_prefix);
    device_change_add_address(change, cut);
}

static int take_row(void *context, const struct device_row *row)
{
    struct import_file *f = context;
    struct device_change change;

    if (!check_row(f, row, f->problems))
        return 0;
    change.mode = DEVICE_CHANGE_PUT;
    change.take_addresses = change.reset_psk = false;
    change.row = *row;
    change.address_count = 0;
    if (row->address_count > 0 && device_range_last(&row->address) > 0)
        return take_prefix(f, &change);
    if (row->address_count > 0)
        take_address(f, &change, row->address.ip);
    for (unsigned i = 0; i + 1 < row->address_count; i++)
        take_address(f, &change, row->further[i]);
    return f->take(f->context, &change);
}

int import_file_read(struct import_file *f, struct problems *problems, import_file_fn *take,
                     void *context)
{
    const struct device_reading reading = {.any_addresses = true,
                                           .from_line = f->from_line,
                                           .take = take_row,
                                           .context = f,
                                           .problems = problems};

    f->problems = problems;
    f->take = take;
    f->context = context;
    return device_file_read(f->format, f->path, &reading);
}
