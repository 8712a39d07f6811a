#include "gateway/config.h"
#include "gateway/config_table.h"

#include <string.h>

#define WIDTH 96 /* of comments */

/* Prints a paragraph of comment, broken at spaces. */
static void print_comment(FILE *out, const char *text)
{
    size_t column = 0, length;

    for (; *text; text += length, text += strspn(text, " ")) {
        length = strcspn(text, " ");
        if (column && column + 1 + length > WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column ? " " : "# ", (int)length, text);
    }
    fputc('\n', out);
}

/* A secret is left out, or the file would hold it, or something false. */
static void print_secret(FILE *out, const struct config_row *row, const struct config *config)
{
    const char *const *secret = config_row_value(row, config);
    const char *const *file = config_row_value(row + 1, config);

    if (**secret && !**file)
        fprintf(out, "# %s = ******** (set, and not printed)\n", config_row_key(row));
    else
        fprintf(out, "# %s =\n", config_row_key(row));
}

static void print_row(FILE *out, const struct config_row *row, const struct config *config)
{
    fputc('\n', out);
    print_comment(out, row->meaning);
    fputs("# Legal: ", out);
    config_kind_print(out, &row->kind);
    fprintf(out, ". Default: %s\n", *row->fallback ? row->fallback : "(empty)");
    if (row->kind.type == CONFIG_SECRET) {
        print_secret(out, row, config);
        return;
    }
    fprintf(out, "%s = ", config_row_key(row));
    config_value_print(out, &row->kind, config_row_value(row, config));
    fputc('\n', out);
}

void config_print_ini(FILE *out, const struct config *config)
{
    const struct config_section *section;

    print_comment(out,
                  "simgate's configuration: every key, with the value in force. The environment "
                  "(SIMGATE_SECTION_KEY) and --set override this file.");
    for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
        section = &config_sections[i];
        fputc('\n', out);
        print_comment(out, section->meaning);
        fprintf(out, "[%s]\n", section->name);
        for (size_t j = 0; j < CONFIG_ROWS; j++)
            if (config_row_in_section(&config_rows[j], section))
                print_row(out, &config_rows[j], config);
    }
}
