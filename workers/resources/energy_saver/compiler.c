#include "workers/resources/energy_saver/compiler.h"

#include "workers/resources/energy_saver/json_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int compiler_refuse(struct compiler *c, struct place at, const char *format, ...)
{
    struct template_problem *p = c->problem;
    char reason[2 * sizeof(p->reason)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    json_text_show(p->reason, sizeof(p->reason), reason, strlen(reason));
    outline_position(&c->outline, c->outline.nodes[at.node].at, &p->line, &p->column);
    return -EINVAL;
}

const char *compiler_text(const struct compiler *c, struct place value, size_t *length)
{
    *length = c->outline.nodes[value.node].length;
    return outline_text(&c->outline, value.node);
}

bool compiler_integer(const struct compiler *c, struct place value, struct compiler_integer *i)
{
    size_t length;
    const char *text = compiler_text(c, value, &length);

    *i = (struct compiler_integer){.negative = *text == '-'};
    for (size_t at = i->negative; at < length; at++) {
        uint64_t digit = (uint64_t)(text[at] - '0');

        if (!isdigit((unsigned char)text[at]) || i->magnitude > (UINT64_MAX - digit) / 10)
            return false;
        i->magnitude = i->magnitude * 10 + digit;
    }
    return true;
}

bool compiler_is_string(struct place value, const char *text)
{
    const char *string = json_string_value(value.json);

    return string && strcmp(string, text) == 0;
}
