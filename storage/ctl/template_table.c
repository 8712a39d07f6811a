/* template list: what there is, and whether gateways can use it. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/ctl_store.h"
#include "storage/ctl/output.h"
#include "workers/resources/energy_saver/template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct ctl_column columns[] = {{"name", "NAME", 24},    {"bytes", "BYTES", 6},
                                            {"active", "ACTIVE", 6}, {"compiles", "COMPILES", 8},
                                            {"problem", NULL, 0},    {NULL, NULL, 0}};

struct listing {
    struct ctl_store *store;
    struct ctl_output output;
    char active[CTL_ACTIVE_MAX];
    bool has_active; /* among those that were listed */
    bool disagrees;
};

static void print_template(struct listing *l, const char *name, const struct template_text *text)
{
    char reason[TEMPLATE_REASON_MAX] = "";
    struct template *compiled = template_text_compile(text, reason);
    bool is_active = strcmp(name, l->active) == 0;

    ctl_output_begin(&l->output);
    ctl_output_text(&l->output, "name", name);
    ctl_output_number(&l->output, "bytes", text->length);
    ctl_output_bool(&l->output, "active", is_active);
    ctl_output_bool(&l->output, "compiles", compiled != NULL);
    ctl_output_text(&l->output, "problem", reason);
    ctl_output_end(&l->output);
    if (!compiled) {
        fflush(stdout);
        fprintf(stderr, "%s:%s\n", name, reason);
        l->disagrees = true;
    }
    l->has_active |= is_active;
    template_free(compiled);
}

static int list_templates(struct listing *l, const struct template_list *names)
{
    int code = CTL_OK;

    for (size_t i = 0; i < names->count && (code == CTL_OK || code == CTL_ABSENT); i++) {
        struct template_text text = {0};

        code = l->store->templates->read(l->store, names->names[i], &text);
        if (code == CTL_OK)
            print_template(l, names->names[i], &text);
        template_text_free(&text);
    }
    return code == CTL_ABSENT ? CTL_OK : code; /* one that was removed meanwhile */
}

static void complain(struct listing *l, uint64_t strange)
{
    if (*l->active && !l->has_active)
        fprintf(stderr, "simgatectl: the active template is %s, and there is none with this name\n",
                l->active);
    if (strange)
        fprintf(stderr, "simgatectl: templates whose name is not legal: %" PRIu64 "\n", strange);
    l->disagrees |= (*l->active && !l->has_active) || strange;
}

static int list(struct listing *l)
{
    struct template_list names = {0};
    int code = l->store->templates->read_active(l->store, l->active);

    if (code == CTL_OK)
        code = l->store->templates->list(l->store, &names);
    template_list_sort(&names);
    if (code == CTL_OK) {
        ctl_output_list(&l->output, columns);
        code = list_templates(l, &names);
    }
    if (code == CTL_OK) {
        fflush(stdout);
        complain(l, names.strange);
    }
    template_list_free(&names);
    return code == CTL_OK && l->disagrees ? CTL_NO : code;
}

int ctl_template_list(const struct ctl_arguments *a)
{
    struct ctl_store store;
    struct listing l = {.store = &store};
    int code;

    if (!ctl_output_open(&l.output, a))
        return CTL_USAGE;
    code = ctl_store_open(&store, a);
    if (code == CTL_OK)
        code = list(&l);
    ctl_store_close(&store);
    return code;
}
