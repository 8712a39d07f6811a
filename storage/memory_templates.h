/*
 * The templates of a memory store: NAME.json in the directory FILE.csv.templates/ is the text of
 * the template NAME, and the file `active` in it has the name of the one that is active. Whether a
 * text makes sense is not looked at here.
 *
 * Loaded by one thread, then never changed: any thread may look up, without a lock.
 */
#ifndef SIMGATE_STORAGE_MEMORY_TEMPLATES_H
#define SIMGATE_STORAGE_MEMORY_TEMPLATES_H

#include "storage/store.h"
#include "storage/template_names.h"

#define MEMORY_TEMPLATES_SUFFIX ".json"
#define MEMORY_TEMPLATES_ACTIVE "active"

struct memory_template {
    char name[TEMPLATE_NAME_MAX + 1];
    uint16_t number; /* 0 where it was loaded without numbers */
    size_t length;
    char *text; /* with a NUL behind it */
};

struct memory_templates {
    uint32_t count;
    struct memory_template *list;         /* by name */
    const struct memory_template *active; /* or NULL */
};

/*
 * Loads the templates of the devices' file `path`; there need not be any. `names`, unless that is
 * NULL, numbers them. Errors: -EINVAL (a file that is too large or has no legal name, an active
 * template that is not there), -ENOMEM, -errno; `*error` then is a text for the user that the
 * caller frees, or NULL when there was no memory for it.
 */
int memory_templates_load(struct memory_templates *t, const char *path,
                          struct template_names *names, char **error);

/* Accepts zeros, and what a failed memory_templates_load() left behind. */
void memory_templates_deinit(struct memory_templates *t);

/* The directory beside the devices' file `path`, which the caller frees. NULL when there is no
 * memory.
 */
char *memory_templates_directory(const char *path);

/* The template with this name, or NULL. */
const struct memory_template *memory_templates_by_name(const struct memory_templates *t,
                                                       const char *name);

/* The template with this number, or the active one; or NULL. */
const struct memory_template *memory_templates_by_number(const struct memory_templates *t,
                                                         uint16_t number);

#endif
