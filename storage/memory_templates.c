#include "storage/memory_templates.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loading {
    struct memory_templates *templates;
    struct template_names *names; /* or NULL */
    const char *directory;
    char **error;
};

/* Returns `result`. */
static int complain(const struct loading *l, int result, const char *name, const char *what)
{
    if (asprintf(l->error, "%s%s%s: %s", l->directory, *name ? "/" : "", name, what) < 0)
        *l->error = NULL;
    return result;
}

/* Reads a file of up to `max` bytes, and allocates its text with a NUL behind it. */
static int read_file(const struct loading *l, const char *name, size_t max, char **text,
                     size_t *length)
{
    char *path, too_large[48];
    FILE *file;
    int error = 0;

    *text = NULL;
    if (asprintf(&path, "%s/%s", l->directory, name) < 0)
        return -ENOMEM;
    file = fopen(path, "re");
    free(path);
    if (!file)
        return complain(l, -errno, name, strerror(errno));
    *text = malloc(max + 2);
    if (!*text)
        error = -ENOMEM;
    else
        *length = fread(*text, 1, max + 1, file);
    if (*text && ferror(file))
        error = complain(l, -errno, name, strerror(errno));
    fclose(file);
    if (error)
        return error;
    if (*length > max) {
        snprintf(too_large, sizeof(too_large), "%zu bytes are the most", max);
        return complain(l, -EINVAL, name, too_large);
    }
    (*text)[*length] = 0;
    return 0;
}

static int add_template(const struct loading *l, const char *file, size_t name_length)
{
    struct memory_templates *t = l->templates;
    struct memory_template *list = realloc(t->list, (t->count + 1) * sizeof(*list)), *added;
    char *text, *fitting;
    int error;

    if (!list)
        return -ENOMEM;
    t->list = list;
    added = &list[t->count];
    *added = (struct memory_template){.number = 0};
    memcpy(added->name, file, name_length);
    if (l->names && !template_names_number(l->names, added->name, name_length, &added->number))
        return complain(l, -EINVAL, file, "there are too many templates");
    error = read_file(l, file, STORE_TEMPLATE_TEXT_MAX, &text, &added->length);
    if (error) {
        free(text);
        return error;
    }
    fitting = realloc(text, added->length + 1);
    added->text = fitting ? fitting : text;
    t->count++;
    return 0;
}

static int take_file(const struct loading *l, const char *name)
{
    size_t length = strlen(name), suffix = strlen(MEMORY_TEMPLATES_SUFFIX);

    if (name[0] == '.' || strcmp(name, MEMORY_TEMPLATES_ACTIVE) == 0)
        return 0;
    if (length <= suffix || strcmp(name + length - suffix, MEMORY_TEMPLATES_SUFFIX) != 0)
        return complain(l, -EINVAL, name,
                        "a template's file is called NAME" MEMORY_TEMPLATES_SUFFIX);
    length -= suffix;
    if (!template_name_is_legal(name, length) ||
        (length == strlen(TEMPLATE_NO_NAME) && memcmp(name, TEMPLATE_NO_NAME, length) == 0))
        return complain(l, -EINVAL, name,
                        "a template's name is 1 to 64 letters, digits, '.', '_' and '-', not '-' "
                        "alone and not '.' first");
    return add_template(l, name, length);
}

static int compare(const void *left, const void *right)
{
    const struct memory_template *a = left, *b = right;

    return strcmp(a->name, b->name);
}

static int read_active(const struct loading *l)
{
    char *text;
    size_t length;
    int error = read_file(l, MEMORY_TEMPLATES_ACTIVE, TEMPLATE_NAME_MAX + 1, &text, &length);

    if (!error && text) {
        text[strcspn(text, "\n")] = 0;
        l->templates->active = memory_templates_by_name(l->templates, text);
        if (!l->templates->active)
            error =
                complain(l, -EINVAL, MEMORY_TEMPLATES_ACTIVE, "there is no template of this name");
    } else if (error == -ENOENT) {
        free(*l->error);
        *l->error = NULL;
        error = 0;
    }
    free(text);
    return error;
}

static int read_directory(const struct loading *l, DIR *directory)
{
    struct memory_templates *t = l->templates;
    const struct dirent *entry;
    int error = 0;

    errno = 0;
    while (!error && (entry = readdir(directory))) {
        error = take_file(l, entry->d_name);
        errno = 0;
    }
    if (!error && errno)
        error = complain(l, -errno, "", strerror(errno));
    if (error)
        return error;
    if (t->count)
        qsort(t->list, t->count, sizeof(*t->list), compare);
    return read_active(l);
}

int memory_templates_load(struct memory_templates *t, const char *path,
                          struct template_names *names, char **error)
{
    char *name = memory_templates_directory(path);
    struct loading l = {t, names, name, error};
    DIR *directory = name ? opendir(name) : NULL;
    int result = name ? 0 : -ENOMEM;

    *t = (struct memory_templates){0};
    *error = NULL;
    if (directory)
        result = read_directory(&l, directory);
    else if (name && errno != ENOENT)
        result = complain(&l, -errno, "", strerror(errno));
    if (directory)
        closedir(directory);
    free(name);
    return result;
}

char *memory_templates_directory(const char *path)
{
    char *name;

    return asprintf(&name, "%s.templates", path) < 0 ? NULL : name;
}

void memory_templates_deinit(struct memory_templates *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        free(t->list[i].text);
    free(t->list);
    *t = (struct memory_templates){0};
}

const struct memory_template *memory_templates_by_name(const struct memory_templates *t,
                                                       const char *name)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (strcmp(t->list[i].name, name) == 0)
            return &t->list[i];
    return NULL;
}

const struct memory_template *memory_templates_by_number(const struct memory_templates *t,
                                                         uint16_t number)
{
    if (number == STORE_TEMPLATE_ACTIVE)
        return t->active;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->list[i].number == number)
            return &t->list[i];
    return NULL;
}
