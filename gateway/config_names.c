#include "gateway/config.h"
#include "gateway/config_table.h"

#include <string.h>

/* Names are alike that take no more changes than this, and fewer than half of their characters. */
#define CHANGES_MAX     3
#define NAME_MAX_LENGTH 64

const struct config_row *config_row_find(const char *name)
{
    for (size_t i = 0; i < CONFIG_ROWS; i++)
        if (strcmp(config_rows[i].name, name) == 0)
            return &config_rows[i];
    return NULL;
}

const struct config_section *config_section_find(const char *name)
{
    for (size_t i = 0; i < CONFIG_SECTIONS; i++)
        if (strcmp(config_sections[i].name, name) == 0)
            return &config_sections[i];
    return NULL;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* How many characters to insert, delete or replace (Levenshtein's distance). */
static unsigned changes_between(const char *a, const char *b)
{
    unsigned row[NAME_MAX_LENGTH + 1], length = (unsigned)strlen(b), diagonal, above;

    if (length > NAME_MAX_LENGTH)
        return length;
    for (unsigned i = 0; i <= length; i++)
        row[i] = i;
    for (unsigned i = 1; a[i - 1]; i++) {
        diagonal = i - 1;
        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

/* How many changes make `name` the other; `limit` where they are not alike, or it is no fewer. */
static unsigned fewer_changes(const char *other, const char *name, unsigned limit)
{
    unsigned changes = changes_between(other, name);

    return changes < limit && 2 * changes < strlen(name) ? changes : limit;
}

const struct config_row *config_row_nearest(const char *name)
{
    const struct config_row *nearest = NULL;
    unsigned fewest = CHANGES_MAX + 1, changes;

    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        changes = fewer_changes(config_rows[i].name, name, fewest);
        if (changes < fewest) {
            fewest = changes;
            nearest = &config_rows[i];
        }
    }
    return nearest;
}

const struct config_section *config_section_nearest(const char *name)
{
    const struct config_section *nearest = NULL;
    unsigned fewest = CHANGES_MAX + 1, changes;

    for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
        changes = fewer_changes(config_sections[i].name, name, fewest);
        if (changes < fewest) {
            fewest = changes;
            nearest = &config_sections[i];
        }
    }
    return nearest;
}

const char *config_row_key(const struct config_row *row)
{
    return strchr(row->name, '.') + 1;
}

bool config_row_in_section(const struct config_row *row, const struct config_section *section)
{
    size_t length = strlen(section->name);

    return strncmp(row->name, section->name, length) == 0 && row->name[length] == '.';
}

void *config_row_field(const struct config_row *row, struct config *config)
{
    return (char *)config + row->offset;
}

const void *config_row_value(const struct config_row *row, const struct config *config)
{
    return (const char *)config + row->offset;
}
