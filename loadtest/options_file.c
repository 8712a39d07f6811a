#include "loadtest/options.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

/* What a line gives is libinih's, and has to last as long as the options. NULL: no memory or room.
 */
static const char *keep(struct options *o, const char *text)
{
    char *copy = o->text_count < OPTIONS_TEXTS ? strdup(text) : NULL;

    if (copy)
        o->texts[o->text_count++] = copy;
    return copy;
}

/* libinih's ini_handler: 0 is an error. Sections are headings and have no meaning. */
static int take_line(void *context, const char *section, const char *name, const char *value)
{
    const struct option_row *row = options_find(name);
    struct options *o = context;
    const char *kept;

    if (!row || strcmp(name, "file") == 0) {
        option_wrong("'%s' is no option", name);
        return 0;
    }
    kept = keep(o, value);
    if (!kept) {
        option_wrong("too many lines");
        return 0;
    }
    return option_row_take(row, o, kept);
}

bool options_file_read(struct options *o, const char *path)
{
    int line = ini_parse(path, take_line, o);

    if (line < 0)
        return option_wrong("cannot read %s: %s", path, strerror(errno));
    if (line > 0)
        return option_wrong("%s:%d is wrong", path, line);
    return true;
}
