#include "tests/unit/storage/memory_factory.h"

#include "base/log.h"
#include "storage/memory_edit.h"
#include "tests/unit/storage/temp_directory.h"

#include <stdio.h>
#include <stdlib.h>

static char *as_csv(const struct conformance_device *devices, size_t count, size_t *length)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);

    fputs("iccid,address,status,imsi,location_allowed,template\n", stream);
    for (size_t i = 0; i < count; i++) {
        const struct device *d = &devices[i].device;

        fprintf(stream, "%s,%s,%s,%s,%s,%s\n", d->iccid, devices[i].address,
                d->active ? "active" : "inactive", d->imsi, d->location_allowed ? "yes" : "no",
                devices[i].template ? devices[i].template : "");
    }
    fclose(stream);
    return text;
}

/* A store, and its files, which go when it is closed. */
struct opened {
    struct log log;
    struct store *store;
    const struct store_ops *ops; /* those that it had */
    struct store_ops changed;
    struct temp_directory directory;
    struct opened *next;
};

static struct opened *all;

static void close_memory(struct store *store)
{
    struct opened **link = &all, *o;

    while ((*link)->store != store)
        link = &(*link)->next;
    o = *link;
    *link = o->next;
    o->ops->close(store);
    temp_directory_remove(&o->directory);
    free(o);
}

static int open_in(struct opened *o, const char *text, size_t length)
{
    char *error = NULL, url[80];
    struct store_settings settings = {.url = url};
    int result = temp_directory_write(&o->directory, "devices.csv", text, length);

    o->log = log_to_stderr(LOG_ERROR);
    snprintf(url, sizeof(url), "memory:%s/devices.csv", o->directory.path);
    if (result == 0)
        result = store_open(&o->store, &settings, &o->log, &error);
    if (error)
        fprintf(stderr, "%s\n", error);
    free(error);
    return result;
}

static struct store *open_memory(const struct conformance_device *devices, size_t count)
{
    struct opened *o = calloc(1, sizeof(*o));
    size_t length;
    char *text = as_csv(devices, count, &length);

    if (!o || temp_directory_make(&o->directory) != 0 || open_in(o, text, length) != 0)
        return NULL; /* the test fails, and leaves things behind */
    free(text);
    o->ops = o->store->ops;
    o->changed = *o->ops;
    o->changed.close = close_memory;
    o->store->ops = &o->changed;
    o->next = all;
    all = o;
    return o->store;
}

/* What simgatectl does, and what the gateway does on SIGHUP. */
static bool reload(struct store *store, int changed, char *error)
{
    if (changed >= 0)
        changed = store_reload(store, &error);
    if (error)
        fprintf(stderr, "%s\n", error);
    free(error);
    return changed >= 0;
}

static void name_file(const struct store *store, char path[80])
{
    const struct opened *o = all;

    while (o->store != store)
        o = o->next;
    snprintf(path, 80, "%s/devices.csv", o->directory.path);
}

static bool put_template(struct store *store, const char *name, const char *text, size_t length)
{
    char path[80], *error;
    int changed;

    name_file(store, path);
    changed = text ? memory_edit_put_template(path, name, text, length, &error)
                   : memory_edit_remove_template(path, name, &error);
    return reload(store, changed, error);
}

static bool activate(struct store *store, const char *name)
{
    char path[80], *error;
    int changed;

    name_file(store, path);
    changed = name ? memory_edit_activate_template(path, name, &error)
                   : memory_edit_deactivate_template(path, &error);
    return reload(store, changed, error);
}

const struct store_factory memory_factory = {
    .open = open_memory, .put_template = put_template, .activate = activate};
