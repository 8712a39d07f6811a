/* import: a file's devices go to Redis in batches, each device as a step of its own. */
#include "base/clock.h"
#include "storage/ctl/connection.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_options.h"
#include "storage/ctl/import_file.h"
#include "storage/ctl/import_progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 512 /* devices that are under way at a time */

struct import {
    struct import_file file;
    struct ctl_connection connection;
    struct problems refused;
    struct import_progress progress;
    bool take_addresses;
    uint64_t outcomes[DEVICE_CHANGE_OUTCOMES]; /* how often each */
    uint64_t done;
    size_t waiting; /* changes */
    struct device_change changes[BATCH];
    struct device_change_result results[BATCH];
};

static void count_result(struct import *m, const struct device_change *change,
                         const struct device_change_result *result)
{
    m->outcomes[result->outcome]++;
    if (result->outcome == DEVICE_CHANGE_TAKEN)
        problems_add(&m->refused, change->row.line, "address",
                     "%s is not made one of %s: it is one of %s", result->address,
                     change->row.iccid, result->owner);
}

/* Returns 0 or -ECONNABORTED, after a complaint. */
static int flush(struct import *m)
{
    size_t done = 0;
    bool fine = m->waiting == 0 ||
                device_changes_run(&m->connection, m->changes, m->results, m->waiting, &done);

    for (size_t i = 0; i < done; i++)
        count_result(m, &m->changes[i], &m->results[i]);
    m->done += done;
    m->waiting = 0;
    import_progress_tell(&m->progress, m->done, clock_now());
    return fine ? 0 : -ECONNABORTED;
}

static int take_device(void *context, const struct device_change *change)
{
    struct import *m = context;

    m->changes[m->waiting] = *change;
    m->changes[m->waiting++].take_addresses = m->take_addresses;
    return m->waiting < BATCH ? 0 : flush(m);
}

static void print_notes(const struct import *m)
{
    uint32_t used =
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_ICCID) | DEVICE_COLUMN_BIT(DEVICE_COLUMN_ADDRESS) |
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_STATUS) | DEVICE_COLUMN_BIT(DEVICE_COLUMN_IMSI) |
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK) | DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK_FORMAT) |
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_LOCATION_ALLOWED) |
        DEVICE_COLUMN_BIT(DEVICE_COLUMN_TEMPLATE);

    for (unsigned column = 0; column < DEVICE_COLUMNS; column++)
        if (m->file.given & ~used & DEVICE_COLUMN_BIT(column))
            fprintf(stderr, "note: column %s is not imported: it is not used yet\n",
                    device_column_name(column));
    if (m->file.cut)
        fprintf(stderr, "note: %" PRIu64 " IPv6 addresses were cut to their first %u bits\n",
                m->file.cut, m->file.ipv6_prefix);
    if (m->file.left_out)
        fprintf(stderr,
                "note: %" PRIu64 " devices of prefixes were left out: their address is another "
                "row's, or not the first of its /%u\n",
                m->file.left_out, m->file.ipv6_prefix);
}

static void print_summary(struct import *m)
{
    uint64_t refused = m->outcomes[DEVICE_CHANGE_TAKEN];
    double seconds = (double)(clock_now() - m->progress.started) / CLOCK_SECOND;

    printf("%" PRIu64 " added, %" PRIu64 " updated, %" PRIu64 " unchanged",
           m->outcomes[DEVICE_CHANGE_ADDED], m->outcomes[DEVICE_CHANGE_UPDATED],
           m->outcomes[DEVICE_CHANGE_UNCHANGED]);
    if (refused)
        printf(", %" PRIu64 " refused", refused);
    printf(" in %.1f s\n", seconds);
    fflush(stdout);
    print_notes(m);
    if (refused) {
        char *text = problems_take(&m->refused);

        fprintf(stderr, "%s\n(%s takes addresses from the devices that have them)\n",
                text ? text : "out of memory", ctl_option_name(OPTION_TAKE_ADDRESS));
        free(text);
    }
}

/* Returns an enum ctl_exit. */
static int run(struct import *m)
{
    int result;

    import_progress_start(&m->progress, m->file.devices, clock_now());
    result = import_file_read(&m->file, take_device, m);
    if (result == 0)
        result = flush(m);
    import_progress_end(&m->progress);
    if (result == -EINVAL)
        fprintf(stderr, "%s: was changed while it was read\n", m->file.path);
    else if (result < 0 && result != -ECONNABORTED)
        fprintf(stderr, "%s: %s\n", m->file.path, strerror(-result));
    print_summary(m);
    if (result == 0)
        return m->outcomes[DEVICE_CHANGE_TAKEN] ? CTL_NO : CTL_OK;
    fprintf(stderr,
            "simgatectl: the import ended early, at %" PRIu64 " of %" PRIu64
            " devices: import the file again\n",
            m->done, m->file.devices);
    return result == -ECONNABORTED ? CTL_STORE : CTL_NO;
}

int ctl_redis_import(const struct ctl_arguments *a)
{
    struct import *m = calloc(1, sizeof(*m));
    unsigned bits;
    int code = CTL_NO;

    if (!m) {
        fputs("simgatectl: out of memory\n", stderr);
        return CTL_NO;
    }
    m->take_addresses = a->given[OPTION_TAKE_ADDRESS] != NULL;
    if (!ctl_ipv6_prefix(a, &bits))
        code = CTL_USAGE;
    else if (problems_init(&m->refused, a->words[0]) == 0 &&
             import_file_open(&m->file, a->words[0], bits))
        code = ctl_connection_open(&m->connection, a);
    if (code == CTL_OK)
        code = run(m);
    ctl_connection_close(&m->connection);
    import_file_close(&m->file);
    problems_deinit(&m->refused);
    explicit_bzero(m->changes, sizeof(m->changes)); /* they may have keys */
    free(m);
    return code;
}
