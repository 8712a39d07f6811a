#include "storage/memory_snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct epoch {
    struct iccid_entry entry;
    uint64_t epoch;
};

struct memory_snapshot *memory_snapshot_new(struct memory_files *files)
{
    struct memory_snapshot *s = calloc(1, sizeof(*s));

    if (!s || iccid_map_init(&s->epochs) < 0) {
        if (s)
            iccid_map_deinit(&s->epochs, NULL);
        free(s);
        return NULL;
    }
    s->holders = 1;
    s->table = files->table;
    s->templates = files->templates;
    files->table = (struct memory_table){0};
    files->templates = (struct memory_templates){0};
    return s;
}

void memory_snapshot_hold(struct memory_snapshot *s)
{
    s->holders++;
}

static void release_epoch(struct iccid_entry *entry)
{
    free(entry);
}

void memory_snapshot_release(struct memory_snapshot *s)
{
    if (!s || --s->holders > 0)
        return;
    memory_table_deinit(&s->table);
    memory_templates_deinit(&s->templates);
    iccid_map_deinit(&s->epochs, release_epoch);
    free(s);
}

int memory_snapshot_set_epoch(struct memory_snapshot *s, const char *iccid, uint64_t epoch)
{
    struct epoch *e = (struct epoch *)iccid_map_find(&s->epochs, iccid);

    if (!e) {
        e = calloc(1, sizeof(*e));
        if (!e)
            return -ENOMEM;
        memcpy(e->entry.iccid, iccid, strlen(iccid) + 1);
        if (iccid_map_add(&s->epochs, &e->entry) < 0) {
            free(e);
            return -ENOMEM;
        }
    }
    e->epoch = epoch;
    return 0;
}

int memory_snapshot_copy_epochs(struct memory_snapshot *s, const struct memory_snapshot *from)
{
    int error = 0;

    for (uint32_t i = 0; !error && i <= from->epochs.mask; i++) {
        const struct epoch *e = (const struct epoch *)from->epochs.slots[i];

        if (e)
            error = memory_snapshot_set_epoch(s, e->entry.iccid, e->epoch);
    }
    return error;
}

uint64_t memory_snapshot_epoch(const struct memory_snapshot *s, const char *iccid)
{
    const struct epoch *e =
        s->epochs.count ? (const struct epoch *)iccid_map_find(&s->epochs, iccid) : NULL;

    return e ? e->epoch : 0;
}
