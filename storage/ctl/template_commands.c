/* template add, show, activate, deactivate and remove. */
#include "storage/ctl/ctl.h"
#include "storage/ctl/ctl_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool check_name(const char *name)
{
    if (template_list_is_legal(name, strlen(name)))
        return true;
    fprintf(stderr,
            "simgatectl: \"%s\" is no name of a template: 1 to %d letters, digits, '.', '_' and "
            "'-' are legal, not '.' first and not '-' alone\n",
            name, TEMPLATE_NAME_MAX);
    return false;
}

static int complain_absent(const char *name)
{
    fprintf(stderr, "simgatectl: there is no template %s\n", name);
    return CTL_NO;
}

static int complain_taken(const char *name)
{
    fprintf(stderr, "simgatectl: there is a template %s already, which is another one: %s\n", name,
            "--replace puts this one in its place");
    return CTL_NO;
}

/* Asks the store for the text first, so that nothing is written where nothing changes. */
static int put(struct ctl_store *s, const char *name, const struct template_text *text,
               bool replace)
{
    struct template_text old = {0};
    int code = s->templates->read(s, name, &old);
    bool is_new = code == CTL_ABSENT;
    bool is_same = code == CTL_OK && !old.is_other && old.length == text->length &&
                   memcmp(old.bytes, text->bytes, text->length) == 0;

    template_text_free(&old);
    if (code == CTL_OK && !is_same && !replace)
        return complain_taken(name);
    if (code != CTL_OK && code != CTL_ABSENT)
        return code;
    code = is_same ? CTL_OK : s->templates->write(s, name, text, replace);
    if (code == CTL_OK && is_same)
        printf("%s unchanged\n", name);
    else if (code == CTL_OK)
        ctl_store_tell(s, name, is_new ? "added" : "updated");
    return code == CTL_ABSENT ? complain_taken(name) : code;
}

int ctl_template_add(const struct ctl_arguments *a)
{
    const char *name = a->words[0], *file = a->words[1];
    struct template_text text = {0};
    struct ctl_store store;
    int code = CTL_NO;

    if (!check_name(name))
        return CTL_USAGE;
    if (template_text_read(&text, file) && template_text_check(&text, file)) {
        code = ctl_store_open(&store, a);
        if (code == CTL_OK)
            code = put(&store, name, &text, a->given[OPTION_REPLACE] != NULL);
        ctl_store_close(&store);
    }
    template_text_free(&text);
    return code;
}

/* What a command does with a template of the store; `name` is "" where it takes none. */
typedef int action_fn(struct ctl_store *s, const char *name);

static int run(const struct ctl_arguments *a, action_fn *action)
{
    const char *name = a->count ? a->words[0] : "";
    struct ctl_store store;
    int code;

    if (a->count && !check_name(name))
        return CTL_USAGE;
    code = ctl_store_open(&store, a);
    if (code == CTL_OK)
        code = action(&store, name);
    ctl_store_close(&store);
    return code;
}

/* Reads a template that is to be there. */
static int find(struct ctl_store *s, const char *name, struct template_text *text)
{
    int code = s->templates->read(s, name, text);

    return code == CTL_ABSENT ? complain_absent(name) : code;
}

static int show(struct ctl_store *s, const char *name)
{
    struct template_text text = {0};
    int code = find(s, name, &text);

    if (code == CTL_OK && text.is_other) {
        fprintf(stderr, "simgatectl: what the store has as %s is no text\n", name);
        code = CTL_NO;
    } else if (code == CTL_OK) {
        fwrite(text.bytes, 1, text.length, stdout);
    }
    template_text_free(&text);
    return code;
}

int ctl_template_show(const struct ctl_arguments *a)
{
    return run(a, show);
}

/* Whether gateways could use it. Others may have written it. */
static int check(struct ctl_store *s, const char *name)
{
    struct template_text text = {0};
    int code = find(s, name, &text);

    if (code == CTL_OK && !template_text_check(&text, name))
        code = CTL_NO;
    template_text_free(&text);
    return code;
}

static int activate(struct ctl_store *s, const char *name)
{
    char active[CTL_ACTIVE_MAX];
    int code = check(s, name);

    if (code == CTL_OK)
        code = s->templates->read_active(s, active);
    if (code != CTL_OK)
        return code;
    if (strcmp(active, name) == 0) {
        printf("%s unchanged\n", name);
        return CTL_OK;
    }
    code = s->templates->write_active(s, name);
    if (code == CTL_OK)
        ctl_store_tell(s, name, "activated");
    return code;
}

int ctl_template_activate(const struct ctl_arguments *a)
{
    return run(a, activate);
}

static int deactivate(struct ctl_store *s, const char *name)
{
    char active[CTL_ACTIVE_MAX];
    int code = s->templates->read_active(s, active);

    if (code == CTL_OK && !*active) {
        puts("no template is active");
        return CTL_OK;
    }
    if (code == CTL_OK)
        code = s->templates->write_active(s, "");
    if (code == CTL_OK)
        ctl_store_tell(s, active, "deactivated");
    return code;
}

int ctl_template_deactivate(const struct ctl_arguments *a)
{
    return run(a, deactivate);
}

/* Devices that name what is not there any more. */
static int warn_of_users(struct ctl_store *s, const char *name)
{
    uint64_t users = 0;
    int code = s->templates->count_users(s, name, &users);

    if (code == CTL_OK && users)
        fprintf(stderr,
                "simgatectl: devices that name it: %" PRIu64 ". Their messages are published "
                "untranslated, each with an error event\n",
                users);
    return code;
}

static int remove_template(struct ctl_store *s, const char *name)
{
    char active[CTL_ACTIVE_MAX];
    int code = s->templates->read_active(s, active);

    if (code == CTL_OK && strcmp(active, name) == 0) {
        fprintf(stderr, "simgatectl: %s is the active template: see template deactivate\n", name);
        return CTL_NO;
    }
    if (code == CTL_OK)
        code = s->templates->remove(s, name);
    if (code != CTL_OK)
        return code == CTL_ABSENT ? complain_absent(name) : code;
    ctl_store_tell(s, name, "removed");
    fflush(stdout);
    return warn_of_users(s, name);
}

int ctl_template_remove(const struct ctl_arguments *a)
{
    return run(a, remove_template);
}
