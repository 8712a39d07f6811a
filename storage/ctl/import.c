/*
 * import: a file's devices go to Redis in batches, each device as a step of its own. Two batches
 * are under way: while Redis works on one, the next is made.
 */
#include "base/clock.h"
#include "storage/ctl/connection.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/import_file.h"
#include "storage/ctl/interrupt.h"
#include "storage/ctl/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 256 /* devices */

struct batch {
    size_t count;
    struct device_change changes[BATCH];
};

struct import {
    struct import_file file;
    struct ctl_connection connection;
    struct device_changes changes;
    struct progress progress;
    struct interrupt interrupt;
    FILE *stream; /* to standard error, around the progress */
    struct problems wrong;
    struct problems refused;
    bool take_addresses;
    bool is_broken;                            /* Redis is gone, or refused */
    uint64_t outcomes[DEVICE_CHANGE_OUTCOMES]; /* how often each */
    uint64_t done;
    uint32_t line; /* of the last device that is done, or 0 */
    struct batch *filling;
    struct batch *sent; /* its answers are still to come, unless it is empty */
    struct batch batches[2];
    struct device_change_result results[BATCH];
};

static void count_result(struct import *m, const struct device_change *change,
                         const struct device_change_result *result)
{
    m->outcomes[result->outcome]++;
    m->line = change->row.line;
    if (result->outcome == DEVICE_CHANGE_TAKEN)
        problems_add(&m->refused, change->row.line, "address",
                     "%s is not made one of %s: it is one of %s", result->address,
                     change->row.iccid, result->owner);
    else if (result->outcome == DEVICE_CHANGE_WRONG_TYPE)
        problems_add(&m->refused, change->row.line, NULL,
                     "%s is left out: %s has another type than docs/redis.md says",
                     change->row.iccid, result->key);
}

/* Takes the answers to what was sent. Returns 0 or -ECONNABORTED, after a complaint. */
static int receive(struct import *m)
{
    size_t done = 0;

    if (m->sent->count == 0)
        return 0;
    m->is_broken = !device_changes_receive(&m->changes, m->results, m->sent->count, &done);
    for (size_t i = 0; i < done; i++)
        count_result(m, &m->sent->changes[i], &m->results[i]);
    m->done += done;
    m->sent->count = 0;
    progress_tell(&m->progress, m->done, clock_now());
    return m->is_broken ? -ECONNABORTED : 0;
}

/* Sends what is there, and then takes the answers to what was sent before. Returns 0 or
 * -ECONNABORTED, after a complaint. */
static int flush(struct import *m)
{
    struct batch *empty;

    if (!device_changes_send(&m->changes, m->filling->changes, m->filling->count)) {
        m->is_broken = true;
        return -ECONNABORTED;
    }
    if (receive(m) < 0)
        return -ECONNABORTED;
    empty = m->sent;
    m->sent = m->filling;
    m->filling = empty;
    return interrupt_came(&m->interrupt) ? -EINTR : 0;
}

static int take_device(void *context, const struct device_change *change)
{
    struct import *m = context;
    struct batch *batch = m->filling;

    batch->changes[batch->count] = *change;
    batch->changes[batch->count++].take_addresses = m->take_addresses;
    return batch->count < BATCH ? 0 : flush(m);
}

/* Whatever ended the reading, what is under way comes to its end. Returns 0 or -ECONNABORTED. */
static int finish(struct import *m)
{
    if (m->is_broken)
        return -ECONNABORTED;
    if (m->filling->count > 0 && flush(m) == -ECONNABORTED)
        return -ECONNABORTED;
    return receive(m);
}

static void print_notes(const struct import *m)
{
    if (m->file.cut)
        fprintf(stderr, "note: %" PRIu64 " IPv6 addresses were cut to their first %u bits\n",
                m->file.cut, m->file.ipv6_prefix);
    if (m->file.left_out)
        fprintf(stderr,
                "note: %" PRIu64 " devices of prefixes were left out: their address is another "
                "row's, or not the first of its /%u\n",
                m->file.left_out, m->file.ipv6_prefix);
    if (m->outcomes[DEVICE_CHANGE_TAKEN])
        fprintf(stderr, "note: %s takes addresses from the devices that have them\n",
                ctl_option_name(OPTION_TAKE_ADDRESS));
}

static void print_summary(const struct import *m)
{
    double seconds = (double)(clock_now() - m->progress.started) / CLOCK_SECOND;

    printf("%" PRIu64 " added, %" PRIu64 " updated, %" PRIu64 " unchanged",
           m->outcomes[DEVICE_CHANGE_ADDED], m->outcomes[DEVICE_CHANGE_UPDATED],
           m->outcomes[DEVICE_CHANGE_UNCHANGED]);
    if (m->refused.count)
        printf(", %" PRIu64 " refused", m->refused.count);
    if (m->wrong.count)
        printf(", %" PRIu64 " wrong", m->wrong.count);
    printf(" in %.1f s\n", seconds);
    fflush(stdout);
    print_notes(m);
}

/* It began, and did not come to the end: how to go on. */
static void print_rest(const struct import *m)
{
    uint32_t line = m->line > m->file.from_line ? m->line : m->file.from_line;

    fprintf(stderr, "simgatectl: the import ended early, at %" PRIu64, m->done);
    if (m->file.devices)
        fprintf(stderr, " of %" PRIu64, m->file.devices);
    fprintf(stderr,
            " devices; to go on: simgatectl import %s %s %" PRIu32 ", with the same options\n",
            m->file.is_stdin ? "-" : m->file.path, ctl_option_name(OPTION_FROM_LINE),
            line > 0 ? line : 1);
}

/* Returns an enum ctl_exit. */
static int run(struct import *m)
{
    int result = import_file_read(&m->file, &m->wrong, take_device, m);
    int finished = finish(m);

    progress_clear(&m->progress);
    if (result == 0)
        result = finished;
    if (result < 0 && result != -ECONNABORTED && result != -EINTR)
        fprintf(stderr, "%s: %s\n", m->file.name, strerror(-result));
    print_summary(m);
    if (result < 0)
        print_rest(m);
    if (m->is_broken)
        return CTL_STORE;
    return result < 0 || m->refused.count || m->wrong.count ? CTL_NO : CTL_OK;
}

/* Returns an enum ctl_exit. */
static int open_all(struct import *m, const struct ctl_arguments *a)
{
    int code;

    if (!import_file_options(&m->file, a))
        return CTL_USAGE;
    progress_start(&m->progress, 0, clock_now());
    if (!import_file_open(&m->file))
        return CTL_NO;
    code = ctl_connection_open(&m->connection, a);
    if (code != CTL_OK)
        return code;
    if (!device_changes_begin(&m->changes, &m->connection))
        return CTL_STORE;
    m->progress.total = m->file.devices;
    m->stream = progress_stream(&m->progress);
    if (!m->stream)
        return CTL_NO;
    problems_init_at_once(&m->wrong, m->file.name, m->stream);
    problems_init_at_once(&m->refused, m->file.name, m->stream);
    if (!m->file.is_stdin) /* reading may take as long as somebody writes */
        interrupt_open(&m->interrupt);
    return CTL_OK;
}

static void close_all(struct import *m)
{
    ctl_connection_close(&m->connection);
    import_file_close(&m->file);
    if (m->stream)
        fclose(m->stream);
    explicit_bzero(m->batches, sizeof(m->batches)); /* they may have keys */
    interrupt_close(&m->interrupt);
}

int ctl_redis_import(const struct ctl_arguments *a)
{
    struct import *m = calloc(1, sizeof(*m));
    int code;

    if (!m) {
        fputs("simgatectl: out of memory\n", stderr);
        return CTL_NO;
    }
    m->interrupt.fd = -1;
    m->filling = &m->batches[0];
    m->sent = &m->batches[1];
    m->take_addresses = a->given[OPTION_TAKE_ADDRESS] != NULL;
    code = open_all(m, a);
    if (code == CTL_OK)
        code = run(m);
    close_all(m);
    free(m);
    return code;
}
