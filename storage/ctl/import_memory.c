/* import where the store is a devices' file: its rows are merged into the file, which is replaced.
 */
#include "base/clock.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_format.h"
#include "storage/ctl/import_file.h"
#include "storage/ctl/memory_devices.h"
#include "storage/ctl/memory_merge.h"
#include "storage/device_range.h"
#include "storage/file_replace.h"
#include "storage/memory_edit_file.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import {
    const char *path; /* the store's file */
    bool is_there;
    int lock;
    int directory_lock;        /* where there was no file */
    struct memory_table table; /* what the file has so far */
    struct import_file file;   /* its options alone: rows are read as the store has them */
    struct memory_merge merge;
    struct problems wrong;
    uint64_t started;
};

/* Returns an enum ctl_exit. */
static int complain(const struct import *m, int result)
{
    fprintf(stderr, "%s: %s\n", m->path, strerror(-result));
    return CTL_STORE;
}

/* Where there is no file, its directory is locked: two who make it do so one after the other.
 * Returns the lock of the file or -errno, -ENOENT where it is to be made. */
static int lock_store(struct import *m)
{
    char *path = strdup(m->path);
    int lock = path ? memory_edit_lock(m->path) : -ENOMEM;

    if (lock == -ENOENT) {
        m->directory_lock = memory_edit_lock(dirname(path));
        lock = m->directory_lock < 0 ? m->directory_lock : memory_edit_lock(m->path);
    }
    free(path);
    return lock;
}

/* Locks and loads the file, unless there is none yet. Returns an enum ctl_exit. */
static int load_store(struct import *m)
{
    m->lock = lock_store(m);
    m->is_there = m->lock >= 0;
    if (m->lock == -ENOENT && m->directory_lock >= 0)
        return CTL_OK;
    return m->is_there ? ctl_memory_load(&m->table, m->path) : complain(m, m->lock);
}

/* What the other rows of the store do not allow. */
static bool check_row(struct import *m, const struct device_row *row)
{
    const struct memory_row *same, *owner = NULL;
    char address[NET_ADDRESS_TEXT];
    uint64_t offset = 0;

    if (!m->is_there)
        return true;
    same = iccid_index_find(&m->table.by_iccid, row->iccid, &offset);
    if (same && offset > 0) {
        problems_add(&m->wrong, row->line, "iccid",
                     "%s is one of the devices of a prefix, line %" PRIu32 " of the store's file",
                     row->iccid, same->line);
        return false;
    }
    if (device_range_last(&row->address) == 0)
        owner = memory_table_find(&m->table, row->address.ip);
    if (!owner || owner->prefix.bits != row->address.bits || strcmp(owner->iccid, row->iccid) == 0)
        return true;
    problems_add(&m->wrong, row->line, "address", "%s is not made one of %s: it is one of %s",
                 ctl_format_prefix(&row->address, address), row->iccid, owner->iccid);
    return false;
}

static int take_row(void *context, const struct device_row *row)
{
    struct import *m = context;

    return check_row(m, row) ? memory_merge_add(&m->merge, row) : 0;
}

/* Returns an enum ctl_exit. */
static int read_rows(struct import *m)
{
    const struct device_reading reading = {
        .from_line = m->file.from_line, .take = take_row, .context = m, .problems = &m->wrong};
    int result;

    problems_init_at_once(&m->wrong, m->file.name, stderr);
    result = device_file_read(m->file.format, m->file.path, &reading);
    memory_merge_sort(&m->merge);
    if (result == 0)
        result = memory_merge_drop_twice(&m->merge, &m->wrong);
    if (result < 0)
        fprintf(stderr, "%s: %s\n", m->file.name, strerror(-result));
    else if (m->wrong.count && m->file.is_strict)
        fputs("simgatectl: nothing was changed\n", stderr);
    else
        return CTL_OK;
    return CTL_NO;
}

/* A file that no gateway would read is not put in place. Returns an enum ctl_exit. */
static int commit(const struct import *m, struct file_replace *file)
{
    struct memory_table table;
    char *error = NULL;
    int result = fflush(file->file) == 0 ? 0 : -errno;

    if (result == 0) {
        result = memory_table_load(&table, file->temporary, NULL, NULL, &error);
        memory_table_deinit(&table);
        if (result == -EINVAL) {
            fprintf(stderr, "%s: not changed, since it would be wrong then:\n%s\n", m->path,
                    error ? error : "out of memory");
            free(error);
            return CTL_NO;
        }
        free(error);
    }
    if (result == 0)
        result = file_replace_commit(file);
    return result < 0 ? complain(m, result) : CTL_OK;
}

/* Returns an enum ctl_exit. */
static int write_file(struct import *m)
{
    struct file_replace file;
    int result = file_replace_begin(&file, m->path, 0600), code = CTL_OK;

    if (result == 0)
        result = memory_merge_run(&m->merge, m->is_there ? m->path : NULL, file.file);
    if (result < 0)
        code = complain(m, result);
    else if (m->merge.added + m->merge.updated > 0 || !m->is_there)
        code = commit(m, &file);
    file_replace_end(&file);
    return code;
}

/* Returns an enum ctl_exit. */
static int run(struct import *m)
{
    int code = load_store(m);

    if (code == CTL_OK)
        code = read_rows(m);
    if (code == CTL_OK)
        code = write_file(m);
    if (code != CTL_OK)
        return code;
    printf("%" PRIu64 " added, %" PRIu64 " updated, %" PRIu64 " unchanged", m->merge.added,
           m->merge.updated, m->merge.unchanged);
    if (m->wrong.count)
        printf(", %" PRIu64 " wrong", m->wrong.count);
    printf(" in %.1f s\n", (double)(clock_now() - m->started) / CLOCK_SECOND);
    if (m->merge.added + m->merge.updated > 0)
        ctl_memory_note();
    return m->wrong.count ? CTL_NO : CTL_OK;
}

int ctl_memory_import(const struct ctl_arguments *a)
{
    struct import m = {
        .path = ctl_memory_path(a), .lock = -1, .directory_lock = -1, .started = clock_now()};
    int code;

    if (!m.path || !import_file_options(&m.file, a))
        return CTL_USAGE;
    if (a->given[OPTION_TAKE_ADDRESS]) {
        fprintf(stderr, "simgatectl: %s is for Redis\n", ctl_option_name(OPTION_TAKE_ADDRESS));
        return CTL_USAGE;
    }
    code = run(&m);
    memory_merge_free(&m.merge);
    memory_table_deinit(&m.table);
    memory_edit_unlock(m.lock);
    memory_edit_unlock(m.directory_lock);
    return code;
}
