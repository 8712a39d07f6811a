/* The functions of memory_edit.h that are about templates. */
#include "storage/file_replace.h"
#include "storage/memory_edit.h"
#include "storage/memory_edit_file.h"
#include "storage/memory_templates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory of templates, locked, and two files in it. */
struct edit {
    char *directory;
    char *file; /* the template's */
    char *active;
    int lock; /* negative where there is no directory */
    char **error;
};

static int fail(const struct edit *e, const char *path, int result)
{
    return memory_edit_fail(e->error, result, "%s: %s", path, strerror(-result));
}

static int name_files(struct edit *e, const char *path, const char *name)
{
    e->directory = memory_templates_directory(path);
    if (!e->directory)
        return -ENOMEM;
    if (asprintf(&e->file, "%s/%s" MEMORY_TEMPLATES_SUFFIX, e->directory, name) < 0)
        e->file = NULL;
    if (asprintf(&e->active, "%s/" MEMORY_TEMPLATES_ACTIVE, e->directory) < 0)
        e->active = NULL;
    return e->file && e->active ? 0 : -ENOMEM;
}

/* Where there are no templates yet, the directory is made if that is wanted. */
static int begin(struct edit *e, const char *path, const char *name, bool make, char **error)
{
    int result;

    *e = (struct edit){.lock = -1, .error = error};
    *error = NULL;
    result = name_files(e, path, name);
    if (result < 0)
        return result;
    if (access(path, F_OK) < 0) /* or a mistyped path would get a directory */
        return fail(e, path, -errno);
    if (make && mkdir(e->directory, 0755) < 0 && errno != EEXIST)
        return fail(e, e->directory, -errno);
    e->lock = memory_edit_lock(e->directory);
    return e->lock < 0 && e->lock != -ENOENT ? fail(e, e->directory, e->lock) : 0;
}

static int end(struct edit *e, int result)
{
    memory_edit_unlock(e->lock);
    free(e->directory);
    free(e->file);
    free(e->active);
    return result;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool has_text(const char *path, const char *text, size_t length)
{
    char *there = malloc(length + 1);
    FILE *file = fopen(path, "re");
    bool same = there && file && fread(there, 1, length + 1, file) == length && !ferror(file) &&
                memcmp(there, text, length) == 0;

    if (file)
        fclose(file);
    free(there);
    return same;
}

static int put(const struct edit *e, const char *path, const char *text, size_t length)
{
    bool is_new = !is_there(path);
    struct file_replace file;
    int result;

    if (has_text(path, text, length))
        return MEMORY_EDIT_UNCHANGED;
    result = file_replace_begin(&file, path, 0644);
    if (result == 0 && fwrite(text, 1, length, file.file) != length)
        result = -errno;
    if (result == 0)
        result = file_replace_commit(&file);
    file_replace_end(&file);
    if (result < 0)
        return fail(e, path, result);
    return is_new ? MEMORY_EDIT_ADDED : MEMORY_EDIT_UPDATED;
}

static int take_away(const struct edit *e, const char *path)
{
    if (unlink(path) < 0)
        return fail(e, path, -errno);
    file_sync_directory(path);
    return MEMORY_EDIT_REMOVED;
}

static int check_name(const char *name, char **error)
{
    if (template_name_is_legal(name, strlen(name)) && strcmp(name, TEMPLATE_NO_NAME) != 0)
        return 0;
    return memory_edit_fail(error, -EINVAL,
                            "\"%.80s\" is no name of a template: 1 to 64 letters, digits, '.', '_' "
                            "and '-' are, not '-' alone and not '.' first",
                            name);
}

int memory_edit_put_template(const char *path, const char *name, const char *text, size_t length,
                             char **error)
{
    struct edit e;
    int result = check_name(name, error);

    if (result < 0)
        return result;
    if (length > STORE_TEMPLATE_TEXT_MAX)
        return memory_edit_fail(error, -EINVAL, "the template has %zu bytes: %d are the most",
                                length, STORE_TEMPLATE_TEXT_MAX);
    result = begin(&e, path, name, true, error);
    if (result == 0)
        result = put(&e, e.file, text, length);
    return end(&e, result);
}

static int fail_absent(const struct edit *e)
{
    return memory_edit_fail(e->error, -ENOENT, "%s: there is no such template", e->file);
}

/* The file may have been written by hand, without a newline. */
static bool is_active(const struct edit *e, const char *name)
{
    char line[TEMPLATE_NAME_MAX + 2];
    int length = snprintf(line, sizeof(line), "%s\n", name);

    return has_text(e->active, line, (size_t)length) ||
           has_text(e->active, line, (size_t)length - 1);
}

static int remove_template(const struct edit *e, const char *name)
{
    if (!is_there(e->file))
        return fail_absent(e);
    if (is_active(e, name))
        return memory_edit_fail(e->error, -EINVAL,
                                "%s: it is the active template: deactivate it first", e->file);
    return take_away(e, e->file);
}

int memory_edit_remove_template(const char *path, const char *name, char **error)
{
    struct edit e;
    int result = check_name(name, error);

    if (result < 0)
        return result;
    result = begin(&e, path, name, false, error);
    if (result == 0)
        result = remove_template(&e, name);
    return end(&e, result);
}

static int activate(const struct edit *e, const char *name)
{
    char line[TEMPLATE_NAME_MAX + 2];
    int length = snprintf(line, sizeof(line), "%s\n", name);
    int result;

    if (!is_there(e->file))
        return fail_absent(e);
    if (is_active(e, name))
        return MEMORY_EDIT_UNCHANGED;
    result = put(e, e->active, line, (size_t)length);
    return result < 0 ? result : MEMORY_EDIT_UPDATED;
}

int memory_edit_activate_template(const char *path, const char *name, char **error)
{
    struct edit e;
    int result = check_name(name, error);

    if (result < 0)
        return result;
    result = begin(&e, path, name, false, error);
    if (result == 0)
        result = activate(&e, name);
    return end(&e, result);
}

int memory_edit_deactivate_template(const char *path, char **error)
{
    struct edit e;
    int result = begin(&e, path, "", false, error);

    if (result == 0)
        result = is_there(e.active) ? take_away(&e, e.active) : MEMORY_EDIT_UNCHANGED;
    return end(&e, result == MEMORY_EDIT_REMOVED ? MEMORY_EDIT_UPDATED : result);
}
