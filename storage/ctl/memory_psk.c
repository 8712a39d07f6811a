/* psk show where the store is a devices' file: a user's key is in it, others are beside it. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/device_options.h"
#include "storage/ctl/memory_devices.h"
#include "storage/ctl/psk_commands.h"
#include "storage/memory_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_proved(struct ctl_output *o, const struct psk_record *r, bool reveal)
{
    bool is_newest = psk_equal(&r->proved, &r->newest);

    if (!*r->proved.text)
        ctl_output_text(o, "proved", NULL);
    else if (is_newest && !ctl_output_is_json(o))
        ctl_output_text(o, "proved", "the key");
    else
        ctl_print_key(o, "proved", &r->proved, reveal);
    if (ctl_output_is_json(o))
        ctl_output_bool(o, "proved_is_key", is_newest);
}

static void print_record(struct ctl_output *o, const char *iccid, const struct psk_record *r,
                         bool reveal)
{
    ctl_output_show(o, 9);
    ctl_output_begin(o);
    ctl_output_text(o, "iccid", iccid);
    ctl_print_key(o, "key", &r->newest, reveal);
    ctl_output_text(o, "format", r->newest.is_hex ? "hex" : "text");
    ctl_output_text(o, "origin", r->is_users ? "user" : "generated");
    if (r->called)
        ctl_output_number(o, "called", r->called);
    else
        ctl_output_text(o, "called", NULL);
    print_proved(o, r, reveal);
    ctl_output_end(o);
}

/* Returns an enum ctl_exit. */
static int show(struct memory_files *f, struct ctl_output *o, const char *iccid, bool reveal)
{
    struct psk_record record;
    uint64_t offset;
    int code = CTL_NO;

    if (!iccid_index_find(&f->table.by_iccid, iccid, &offset)) {
        fprintf(stderr, "simgatectl: there is no device %s\n", iccid);
    } else if (!memory_keys_find(&f->keys, iccid, &record)) {
        fprintf(stderr, "simgatectl: %s has no key\n", iccid);
    } else {
        print_record(o, iccid, &record, reveal);
        code = CTL_OK;
    }
    explicit_bzero(&record, sizeof(record));
    return code;
}

int ctl_memory_psk_show(const struct ctl_arguments *a)
{
    const char *path = ctl_memory_path(a);
    struct device_row row = {.given = 0};
    struct ctl_output output;
    struct memory_files files;
    char *error;
    int code = CTL_NO;

    if (!path || !ctl_output_open(&output, a) || !ctl_read_iccid(&row, a->words[0]))
        return CTL_USAGE;
    if (memory_files_load(&files, path, NULL, &error) == 0)
        code = show(&files, &output, row.iccid, a->given[OPTION_REVEAL] != NULL);
    else
        fprintf(stderr, "%s\n", error ? error : "out of memory");
    free(error);
    memory_files_deinit(&files);
    return code;
}
