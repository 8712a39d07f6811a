#include "base/secret_file.h"
#include "gateway/config_loading.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

FILE *config_complain(struct config_loading *l, const char *origin)
{
    if (!l->status)
        l->status = -EINVAL;
    fprintf(l->errors, "%s: ", origin);
    return l->errors;
}

void config_complain_end(struct config_loading *l, const char *name)
{
    if (name)
        fprintf(l->errors, " (did you mean %s?)", name);
    fputc('\n', l->errors);
}

void config_complain_unknown_key(struct config_loading *l, const char *origin, const char *name)
{
    const struct config_row *nearest = config_row_nearest(name);

    fprintf(config_complain(l, origin), "unknown key %s", name);
    config_complain_end(l, nearest ? nearest->name : NULL);
}

/* Control characters would break the line or worse. */
static void print_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++)
        fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
    fputc('"', out);
}

static void complain_illegal(struct config_loading *l, const char *origin,
                             const struct config_row *row, const char *text)
{
    FILE *out = config_complain(l, origin);

    fprintf(out, "%s: ", row->name);
    if (row->kind.type == CONFIG_SECRET)
        fputs("the value", out);
    else
        print_quoted(out, text);
    fputs(" is not ", out);
    config_kind_print(out, &row->kind);
    fputc('\n', out);
}

void config_assign(struct config_loading *l, const char *origin, const struct config_row *row,
                   const char *text)
{
    int result = config_value_parse(&row->kind, text, config_row_field(row, l->config));

    if (result == CONFIG_VALUE_ILLEGAL)
        complain_illegal(l, origin, row, text);
    else if (result)
        l->status = result;
}

static void assign_defaults(struct config_loading *l)
{
    for (size_t i = 0; i < CONFIG_ROWS; i++)
        config_assign(l, "default", &config_rows[i], config_rows[i].fallback);
}

static const char *text_of(const struct config_loading *l, const struct config_row *row)
{
    const char *const *field = config_row_value(row, l->config);

    return *field ? *field : "";
}

/* The row after a secret's is that of its file. */
static void resolve_secret(struct config_loading *l, const struct config_row *row)
{
    const struct config_row *file_row = row + 1;
    const char *path = text_of(l, file_row);
    char secret[SECRET_MAX + 1];

    if (!*path)
        return;
    if (*text_of(l, row))
        fprintf(config_complain(l, file_row->name), "%s is set as well, keep one\n", row->name);
    else if (!secret_file_read(path, secret))
        fprintf(config_complain(l, file_row->name), "%s: %s\n", path, strerror(errno));
    else
        config_assign(l, path, row, secret);
    explicit_bzero(secret, sizeof(secret));
}

static void resolve_secrets(struct config_loading *l)
{
    for (size_t i = 0; i < CONFIG_ROWS; i++)
        if (config_rows[i].kind.type == CONFIG_SECRET)
            resolve_secret(l, &config_rows[i]);
}

static void check_required(struct config_loading *l)
{
    const struct config_row *row;

    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        row = &config_rows[i];
        if (row->kind.type == CONFIG_TEXT && row->kind.min && !*text_of(l, row))
            fprintf(config_complain(l, row->name), "required, and not set. %s\n", row->meaning);
    }
}

static void load_sources(struct config_loading *l, const struct config_sources *sources)
{
    bool is_complete = !sources->incomplete_is_fine;

    assign_defaults(l);
    if (sources->file) /* without the file, what it has is not missing */
        is_complete &= config_load_file(l, sources->file);
    if (sources->environment)
        config_load_environment(l, sources->environment);
    config_load_settings(l, sources->settings, sources->setting_count);
    resolve_secrets(l);
    if (is_complete)
        check_required(l);
    if (!l->status && is_complete)
        config_check(l);
}

int config_load(struct config *config, const struct config_sources *sources, char **errors)
{
    struct config_loading l = {.config = config};
    size_t length;

    *config = (struct config){0};
    *errors = NULL;
    l.errors = open_memstream(errors, &length);
    if (!l.errors)
        return -ENOMEM;
    load_sources(&l, sources);
    if (fclose(l.errors) != 0)
        l.status = -ENOMEM;
    if (l.status != -EINVAL) {
        free(*errors);
        *errors = NULL;
    }
    return l.status;
}

void config_deinit(struct config *config)
{
    for (size_t i = 0; i < CONFIG_ROWS; i++)
        config_value_free(&config_rows[i].kind, config_row_field(&config_rows[i], config));
}
