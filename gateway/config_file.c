#include "gateway/config_ini.h"
#include "gateway/config_loading.h"

#include <errno.h>
#include <string.h>

struct file_loading {
    struct config_loading *l;
    const char *path;
    unsigned lines[CONFIG_ROWS]; /* by row: where its value stands, or 0 */
};

/* Begins the error of a line. */
static FILE *complain(struct file_loading *f, unsigned line)
{
    char origin[CONFIG_ORIGIN_SIZE];

    snprintf(origin, sizeof(origin), "%s:%u", f->path, line);
    return config_complain(f->l, origin);
}

static void on_section(void *context, unsigned line, const char *section)
{
    const struct config_section *nearest;
    struct file_loading *f = context;
    char suggestion[CONFIG_NAME_SIZE];

    if (config_section_find(section))
        return;
    nearest = config_section_nearest(section);
    if (nearest)
        snprintf(suggestion, sizeof(suggestion), "[%s]", nearest->name);
    fprintf(complain(f, line), "unknown section [%s]", section);
    config_complain_end(f->l, nearest ? suggestion : NULL);
}

static void take(struct file_loading *f, unsigned line, const char *name, const char *value)
{
    const struct config_row *row = config_row_find(name);
    char origin[CONFIG_ORIGIN_SIZE];
    unsigned *given;

    snprintf(origin, sizeof(origin), "%s:%u", f->path, line);
    if (!row) {
        config_complain_unknown_key(f->l, origin, name);
        return;
    }
    given = &f->lines[row - config_rows];
    if (*given)
        fprintf(complain(f, line), "%s is given twice (first in line %u)\n", name, *given);
    *given = line;
    config_assign(f->l, origin, row, value);
}

static void on_value(void *context, unsigned line, const char *section, const char *key,
                     const char *value)
{
    struct file_loading *f = context;
    char name[CONFIG_NAME_SIZE];

    if (!*section)
        fprintf(complain(f, line), "%s stands before the first [section]\n", key);
    if (!config_section_find(section))
        return; /* that was an error of its own */
    snprintf(name, sizeof(name), "%s.%s", section, key);
    take(f, line, name, value);
}

static void on_malformed(void *context, unsigned line)
{
    fputs("neither [section] nor key = value nor # comment\n", complain(context, line));
}

bool config_load_file(struct config_loading *l, const char *path)
{
    static const struct config_ini_events events = {
        .section = on_section, .value = on_value, .malformed = on_malformed};
    struct file_loading f = {.l = l, .path = path};
    FILE *file = fopen(path, "re");
    int result = file ? config_ini_read(file, &events, &f) : -errno;

    if (result)
        fprintf(config_complain(l, path), "%s\n", strerror(-result));
    if (file)
        fclose(file);
    return result == 0;
}
