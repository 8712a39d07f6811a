#include "gateway/config_ini.h"

#include "gateway/config_value.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

struct reading {
    FILE *file;
    const struct config_ini_events *events;
    void *context;
    char *line; /* getline()'s */
    size_t size;
    char *text; /* the line without white space around it, in `line` */
    unsigned number;
    bool unclaimed; /* it has to hold a value, and libinih has not found one in it */
    int error;
};

static void complain_if_unclaimed(struct reading *r)
{
    if (r->unclaimed)
        r->events->malformed(r->context, r->number);
    r->unclaimed = false;
}

/* A line "[section]", which libinih tells of only by the keys that follow. */
static void read_section(struct reading *r)
{
    char *bracket = strchr(r->text, ']');

    r->unclaimed = !bracket || bracket[1];
    if (r->unclaimed)
        return;
    *bracket = 0;
    r->events->section(r->context, r->number, r->text + 1);
    *bracket = ']';
}

/* libinih's ini_reader, in the manner of fgets(). */
static char *next_line(char *buffer, int size, void *context)
{
    struct reading *r = context;
    ssize_t length;

    complain_if_unclaimed(r);
    errno = 0;
    length = getline(&r->line, &r->size, r->file);
    if (length < 0) {
        r->error = feof(r->file) ? 0 : -errno;
        return NULL;
    }
    r->number++;
    r->text = config_strip(r->line);
    if (r->number == 1 && strncmp(r->text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        r->text += strlen(BYTE_ORDER_MARK);
    if (*r->text == '[')
        read_section(r);
    else
        r->unclaimed = *r->text && !strchr("#;", *r->text);
    snprintf(buffer, (size_t)size - 1, "%s", r->text); /* so short that libinih asks for no rest */
    return buffer;
}

/* libinih's ini_handler. */
static int take_value(void *context, const char *section, const char *key, const char *value)
{
    struct reading *r = context;
    char *whole = strpbrk(r->text, "=:");

    r->unclaimed = false;
    r->events->value(r->context, r->number, section, key, whole ? config_strip(whole + 1) : value);
    return 1;
}

int config_ini_read(FILE *file, const struct config_ini_events *events, void *context)
{
    struct reading r = {.file = file, .events = events, .context = context};
    int result = ini_parse_stream(next_line, &r, take_value, &r);

    free(r.line);
    return result == -2 ? -ENOMEM : r.error;
}
