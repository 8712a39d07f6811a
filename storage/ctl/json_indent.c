#include "storage/ctl/json_indent.h"

#include <stdbool.h>

#define STEP 2 /* blanks */

static void begin_line(FILE *to, int depth)
{
    fprintf(to, "\n%*s", STEP * depth, "");
}

static bool opens(char c)
{
    return c == '{' || c == '[';
}

static bool closes(char c)
{
    return c == '}' || c == ']';
}

/* Outside of texts. `before` is the character before it. */
static void put(FILE *to, char c, char before, int *depth)
{
    if (closes(c)) {
        --*depth;
        if (!opens(before))
            begin_line(to, *depth);
    } else if (opens(before) || before == ',') {
        begin_line(to, *depth);
    }
    putc(c, to);
    if (c == ':')
        putc(' ', to);
    *depth += opens(c);
}

void json_indent(FILE *to, const char *text, size_t length)
{
    bool in_text = false, escaped = false;
    char before = 0;
    int depth = 0;

    for (size_t i = 0; i < length; i++) {
        if (in_text)
            putc(text[i], to);
        else
            put(to, text[i], before, &depth);
        if (text[i] == '"' && !escaped)
            in_text = !in_text;
        escaped = in_text && text[i] == '\\' && !escaped;
        before = in_text ? 0 : text[i];
    }
    putc('\n', to);
}
