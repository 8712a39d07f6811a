/* Templates where the store is a devices' file: the files of a directory beside it. */
#include "storage/memory_templates.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/ctl_store.h"
#include "storage/ctl/memory_devices.h"
#include "storage/memory_edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Loads the templates, unless that was done. Returns an enum ctl_exit. */
static int load(struct ctl_store *s)
{
    char *error = NULL;
    int result = 0;

    if (s->loaded)
        return CTL_OK;
    s->loaded = calloc(1, sizeof(*s->loaded));
    result = s->loaded ? memory_templates_load(s->loaded, s->path, NULL, &error) : -ENOMEM;
    return result < 0 ? ctl_store_complain(result, error) : CTL_OK;
}

static int read_template(struct ctl_store *s, const char *name, struct template_text *text)
{
    const struct memory_template *found;
    int code = load(s);

    if (code != CTL_OK)
        return code;
    found = memory_templates_by_name(s->loaded, name);
    if (!found)
        return CTL_ABSENT;
    return template_text_copy(text, found->text, found->length) ? CTL_OK : CTL_STORE;
}

static int write_template(struct ctl_store *s, const char *name, const struct template_text *text,
                          bool replace)
{
    char *error = NULL;
    int result = memory_edit_put_template(s->path, name, text->bytes, text->length, &error);

    return result < 0 ? ctl_store_complain(result, error) : CTL_OK;
}

static int remove_template(struct ctl_store *s, const char *name)
{
    char *error = NULL;
    int result = memory_edit_remove_template(s->path, name, &error);

    if (result == -ENOENT) {
        free(error);
        return CTL_ABSENT;
    }
    return result < 0 ? ctl_store_complain(result, error) : CTL_OK;
}

static int list_templates(struct ctl_store *s, struct template_list *list)
{
    int code = load(s);

    for (uint32_t i = 0; code == CTL_OK && i < s->loaded->count; i++)
        if (!template_list_add(list, s->loaded->list[i].name, strlen(s->loaded->list[i].name)))
            code = CTL_STORE;
    return code;
}

struct counting {
    const char *name;
    uint64_t users;
};

/* A row may stand for many devices. */
static int count_row(void *context, const struct device_row *row)
{
    struct counting *c = context;
    uint64_t devices = strcmp(row->template, c->name) == 0 ? ctl_devices_in(&row->address) : 0;

    c->users = devices > UINT64_MAX - c->users ? UINT64_MAX : c->users + devices;
    return 0;
}

static int count_users(struct ctl_store *s, const char *name, uint64_t *users)
{
    struct counting c = {.name = name};
    bool fine = ctl_memory_rows(s->path, count_row, &c);

    *users = c.users;
    return fine ? CTL_OK : CTL_NO;
}

static int read_active(struct ctl_store *s, char active[CTL_ACTIVE_MAX])
{
    int code = load(s);

    *active = 0;
    if (code == CTL_OK && s->loaded->active)
        snprintf(active, CTL_ACTIVE_MAX, "%s", s->loaded->active->name);
    return code;
}

static int write_active(struct ctl_store *s, const char *name)
{
    char *error = NULL;
    int result = *name ? memory_edit_activate_template(s->path, name, &error)
                       : memory_edit_deactivate_template(s->path, &error);

    return result < 0 ? ctl_store_complain(result, error) : CTL_OK;
}

const struct ctl_template_ops ctl_memory_templates = {
    .read = read_template,
    .write = write_template,
    .remove = remove_template,
    .list = list_templates,
    .count_users = count_users,
    .read_active = read_active,
    .write_active = write_active,
};
