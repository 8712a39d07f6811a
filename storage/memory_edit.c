#include "storage/memory_edit.h"

#include "base/clock.h"
#include "storage/device_range.h"
#include "storage/file_replace.h"
#include "storage/memory_edit_file.h"
#include "storage/memory_files.h"
#include "storage/memory_rewrite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The files of a store that is being changed, with the devices' file locked. */
struct edit {
    const char *path;
    int lock;
    struct memory_files files;
    char **error;
};

static int begin(struct edit *e, const char *path, char **error)
{
    *e = (struct edit){.path = path, .error = error};
    *error = NULL;
    e->lock = memory_edit_lock(path);
    if (e->lock < 0)
        return memory_edit_fail(error, e->lock, "%s: %s", path, strerror(-e->lock));
    return memory_files_load(&e->files, path, NULL, error);
}

static int end(struct edit *e, int result)
{
    memory_files_deinit(&e->files);
    memory_edit_unlock(e->lock);
    return result;
}

static bool is_alone(const struct memory_row *row)
{
    return device_range_last(&row->prefix) == 0;
}

/* The row of a device, or NULL. */
static const struct memory_row *find(const struct edit *e, const char *iccid)
{
    uint64_t offset;

    return iccid_index_find(&e->files.table.by_iccid, iccid, &offset);
}

static int fail_absent(const struct edit *e, const char *iccid)
{
    return memory_edit_fail(e->error, -ENOENT, "%s: there is no device %s", e->path, iccid);
}

static int fail_shared(const struct edit *e, const struct memory_row *row, const char *iccid,
                       int result)
{
    struct device_row prefix = {.address = row->prefix};
    char text[MEMORY_REWRITE_TEXT];

    memory_rewrite_text(&prefix, DEVICE_COLUMN_ADDRESS, text);
    return memory_edit_fail(e->error, result,
                            "%s:%" PRIu32 ": %s is one of the devices of %s, which are changed "
                            "together only: edit that line",
                            e->path, row->line, iccid, text);
}

/* Whether the address is free, but for this row. */
static int check_address(const struct edit *e, const struct device_row *row, uint32_t line)
{
    const struct memory_table *t = &e->files.table;
    char text[MEMORY_REWRITE_TEXT];

    for (uint32_t i = 0; i < t->count; i++) {
        if (t->rows[i].line == line ||
            memcmp(&t->rows[i].prefix, &row->address, sizeof(row->address)) != 0)
            continue;
        memory_rewrite_text(row, DEVICE_COLUMN_ADDRESS, text);
        return memory_edit_fail(e->error, -EEXIST, "%s:%" PRIu32 ": %s is the address of %s",
                                e->path, t->rows[i].line, text, t->rows[i].iccid);
    }
    return 0;
}

static int fail_replace(const struct edit *e, int result)
{
    return memory_edit_fail(e->error, result, "%s: cannot be replaced: %s", e->path,
                            strerror(-result));
}

/* A file that would not be read is not put in place. */
static int check_result(const struct edit *e, const struct file_replace *file)
{
    struct memory_table table;
    char *wrong;
    int result = fflush(file->file) == 0 ? 0 : -errno;

    if (result < 0)
        return fail_replace(e, result);
    result = memory_table_load(&table, file->temporary, NULL, NULL, &wrong);
    memory_table_deinit(&table);
    if (result < 0)
        memory_edit_fail(e->error, result, "%s: not changed, since it would be wrong then: %s",
                         e->path, wrong ? wrong : strerror(-result));
    free(wrong);
    return result;
}

/* What is kept of a device's keys is over. */
static int forget_keys(struct edit *e, const char *iccid)
{
    char text[MEMORY_KEYS_LINES];
    struct psk_record record;

    if (!memory_keys_find(&e->files.keys, iccid, &record))
        return 0;
    explicit_bzero(&record, sizeof(record));
    return memory_edit_append(e->path, text, memory_keys_format_reset(iccid, clock_wall_ms(), text),
                              e->error);
}

/* What is kept of its keys and its location goes, or it would be there again with the ICCID. */
static int forget_all(struct edit *e, const char *iccid)
{
    char text[MEMORY_LOCATION_LINE];
    struct location location;
    int result = forget_keys(e, iccid);

    if (result == 0 && memory_locations_find(&e->files.locations, iccid, &location))
        result = memory_edit_append(e->path, text, memory_locations_format_forgotten(iccid, text),
                                    e->error);
    return result;
}

/* `forget`, which may be NULL, comes when all but the replacing is done: what is kept would be lost
 * where that fails, and would be good again where the row alone is gone. */
static int rewrite(struct edit *e, const struct memory_rewrite *change, const char *iccid,
                   int (*forget)(struct edit *, const char *))
{
    struct file_replace file;
    int result = file_replace_begin(&file, e->path, 0600);

    if (result == 0)
        result = memory_rewrite_run(change, e->path, file.file);
    if (result < 0)
        fail_replace(e, result);
    else
        result = check_result(e, &file);
    if (result == 0 && forget)
        result = forget(e, iccid);
    if (result == 0) {
        result = file_replace_commit(&file);
        if (result < 0)
            fail_replace(e, result);
    }
    file_replace_end(&file);
    return result;
}

/* Columns that go together: a key has a form. */
static uint32_t columns_of(const struct device_row *row)
{
    uint32_t columns = row->given;

    if (columns & DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK))
        columns |= DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK_FORMAT);
    return columns;
}

static int add(struct edit *e, const struct device_row *row)
{
    const struct memory_row *there = find(e, row->iccid);
    struct memory_rewrite change = {
        .row = row, .columns = columns_of(row) | DEVICE_COLUMN_BIT(DEVICE_COLUMN_ICCID)};
    int result;

    if (there && !is_alone(there))
        return fail_shared(e, there, row->iccid, -EEXIST);
    if (there)
        return memory_edit_fail(e->error, -EEXIST, "%s:%" PRIu32 ": there is a device %s already",
                                e->path, there->line, row->iccid);
    result = check_address(e, row, 0);
    if (result == 0)
        result = rewrite(e, &change, NULL, NULL);
    return result < 0 ? result : MEMORY_EDIT_ADDED;
}

/* The columns that are given and have another value so far. */
static int find_changes(const char *path, uint32_t line, const struct device_row *row,
                        uint32_t *changes)
{
    char old[MEMORY_REWRITE_TEXT], new[MEMORY_REWRITE_TEXT];
    struct device_row before;
    int result = memory_rewrite_read(path, line, &before);

    *changes = 0;
    for (unsigned i = 0; result == 0 && i < DEVICE_COLUMNS; i++) {
        memory_rewrite_text(&before, i, old);
        memory_rewrite_text(row, i, new);
        if ((columns_of(row) & DEVICE_COLUMN_BIT(i)) && strcmp(old, new) != 0)
            *changes |= DEVICE_COLUMN_BIT(i);
    }
    explicit_bzero(&before, sizeof(before));
    explicit_bzero(old, sizeof(old));
    explicit_bzero(new, sizeof(new));
    return result;
}

static int set(struct edit *e, const struct memory_row *there, const struct device_row *row)
{
    struct memory_rewrite change = {.line = there->line, .row = row};
    int result = find_changes(e->path, there->line, row, &change.columns);

    if (result < 0)
        return memory_edit_fail(e->error, result, "%s: %s", e->path, strerror(-result));
    if (!change.columns)
        return MEMORY_EDIT_UNCHANGED;
    if (change.columns & DEVICE_COLUMN_BIT(DEVICE_COLUMN_ADDRESS))
        result = check_address(e, row, there->line);
    if (result == 0)
        result = rewrite(e, &change, NULL, NULL);
    return result < 0 ? result : MEMORY_EDIT_UPDATED;
}

static int remove_row(struct edit *e, const struct memory_row *there)
{
    const struct memory_rewrite change = {.line = there->line};
    int result = rewrite(e, &change, there->iccid, forget_all);

    return result < 0 ? result : MEMORY_EDIT_REMOVED;
}

static int edit_device(struct edit *e, enum memory_edit_mode mode, const struct device_row *row)
{
    const struct memory_row *there = find(e, row->iccid);

    if (mode == MEMORY_EDIT_ADD)
        return add(e, row);
    if (!there)
        return fail_absent(e, row->iccid);
    if (!is_alone(there))
        return fail_shared(e, there, row->iccid, -EINVAL);
    return mode == MEMORY_EDIT_SET ? set(e, there, row) : remove_row(e, there);
}

int memory_edit_device(const char *path, enum memory_edit_mode mode, const struct device_row *row,
                       char **error)
{
    struct edit e;
    int result = begin(&e, path, error);

    if (result == 0)
        result = edit_device(&e, mode, row);
    return end(&e, result);
}

static int reset_psk(struct edit *e, const char *iccid)
{
    const struct device_row row = {.given = DEVICE_COLUMN_BIT(DEVICE_COLUMN_PSK)};
    const struct memory_row *there = find(e, iccid);
    struct memory_rewrite change = {.row = &row, .columns = columns_of(&row)};
    struct psk_record record;
    bool is_users;
    int result;

    if (!there)
        return fail_absent(e, iccid);
    if (!memory_keys_find(&e->files.keys, iccid, &record))
        return MEMORY_EDIT_UNCHANGED;
    is_users = record.is_users;
    explicit_bzero(&record, sizeof(record));
    change.line = there->line;
    result = is_users ? rewrite(e, &change, iccid, forget_keys) : forget_keys(e, iccid);
    return result < 0 ? result : MEMORY_EDIT_UPDATED;
}

int memory_edit_reset_psk(const char *path, const char *iccid, char **error)
{
    struct edit e;
    int result = begin(&e, path, error);

    if (result == 0)
        result = reset_psk(&e, iccid);
    return end(&e, result);
}

static bool is_same(const struct location *a, const struct location *b)
{
    return strcmp(a->longitude, b->longitude) == 0 && strcmp(a->latitude, b->latitude) == 0 &&
           strcmp(a->source, b->source) == 0 && strcmp(a->sample_time, b->sample_time) == 0;
}

/* NULL: nowhere. */
static int set_location(struct edit *e, const char *iccid, const struct location *location)
{
    char text[MEMORY_LOCATION_LINE];
    struct location before;
    bool is_known;
    int result;

    if (!find(e, iccid))
        return fail_absent(e, iccid);
    is_known = memory_files_location(&e->files, iccid, &before);
    if (location ? is_known && is_same(location, &before) : !is_known)
        return MEMORY_EDIT_UNCHANGED;
    result =
        memory_edit_append(e->path, text, memory_locations_format(iccid, location, text), e->error);
    return result < 0 ? result : MEMORY_EDIT_UPDATED;
}

int memory_edit_set_location(const char *path, const char *iccid, const struct location *location,
                             char **error)
{
    struct edit e;
    int result = begin(&e, path, error);

    if (result == 0)
        result = set_location(&e, iccid, location);
    return end(&e, result);
}

int memory_edit_clear_location(const char *path, const char *iccid, char **error)
{
    return memory_edit_set_location(path, iccid, NULL, error);
}
