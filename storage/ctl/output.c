#include "storage/ctl/output.h"

#include "storage/template_names.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

bool ctl_output_open(struct ctl_output *o, const struct ctl_arguments *a)
{
    const char *format = a->given[OPTION_OUTPUT];

    *o = (struct ctl_output){.to = stdout, .is_json = format && strcmp(format, "json") == 0};
    if (!format || o->is_json || strcmp(format, "table") == 0)
        return true;
    fprintf(stderr, "simgatectl: %s: \"%s\" is not legal: table and json are\n",
            ctl_option_name(OPTION_OUTPUT), format);
    return false;
}

/* What was just written fills a column: blanks are owed until there is a further one. */
static void owe_blanks(struct ctl_output *o, int width, size_t length)
{
    o->owed = (int)length < width ? width - (int)length + 1 : 1;
}

static void put_cell(struct ctl_output *o, int width, const char *text, size_t length)
{
    fprintf(o->to, "%*s", o->owed, "");
    for (size_t i = 0; i < length; i++)
        putc_unlocked(isgraph((unsigned char)text[i]) ? text[i] : '?', o->to);
    owe_blanks(o, width, length);
}

void ctl_output_list(struct ctl_output *o, const struct ctl_column *columns)
{
    o->columns = columns;
    o->owed = 0;
    if (o->is_json)
        return;
    for (const struct ctl_column *c = columns; c->name; c++) {
        if (!c->heading)
            continue;
        fprintf(o->to, "%*s%s", o->owed, "", c->heading);
        owe_blanks(o, c->width, strlen(c->heading));
    }
    putc('\n', o->to);
}

void ctl_output_show(struct ctl_output *o, int name_width)
{
    o->columns = NULL;
    o->name_width = name_width;
}

void ctl_output_begin(struct ctl_output *o)
{
    o->count = 0;
    o->owed = 0;
    if (o->is_json)
        putc('{', o->to);
}

void ctl_output_end(struct ctl_output *o)
{
    if (o->is_json)
        fputs("}\n", o->to);
    else if (o->columns)
        putc('\n', o->to);
}

/* How many bytes the character at `text` has in UTF-8 (RFC 3629 §4), or 0 where it is none. */
static size_t utf8_length(const unsigned char *text, size_t room)
{
    size_t length = *text < 0x80 ? 1 : *text < 0xc2 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

    if (length == 0 || length > room || *text > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) ||
        (*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

void ctl_write_json_text(FILE *to, const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;

    putc_unlocked('"', to);
    while (length > 0) {
        size_t bytes = utf8_length(at, length);

        if (bytes == 0)
            fputs("\\ufffd", to);
        else if (*at < ' ' || *at == 0x7f)
            fprintf(to, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            fprintf(to, "\\%c", *at);
        else
            fwrite_unlocked(at, 1, bytes, to);
        bytes += bytes == 0;
        at += bytes;
        length -= bytes;
    }
    putc_unlocked('"', to);
}

/* What stands before a value. */
static void put_name(struct ctl_output *o, const char *name)
{
    if (o->is_json)
        fprintf(o->to, "%s\"%s\":", o->count ? "," : "", name);
    else
        fprintf(o->to, "%-*s ", o->name_width, name);
    o->count++;
}

/* For people. A line of its own has room for spaces. */
static void put_plain(struct ctl_output *o, const char *name, const char *text, size_t length)
{
    if (o->columns) {
        const struct ctl_column *column = &o->columns[o->count++];

        if (column->heading)
            put_cell(o, column->width, text, length);
        return;
    }
    put_name(o, name);
    for (size_t i = 0; i < length; i++)
        putc_unlocked(isprint((unsigned char)text[i]) ? text[i] : '?', o->to);
    putc('\n', o->to);
}

/* A value that is written the same in JSON. */
static void put_value(struct ctl_output *o, const char *name, const char *text)
{
    if (!o->is_json) {
        put_plain(o, name, text, strlen(text));
        return;
    }
    put_name(o, name);
    fputs(text, o->to);
}

static bool put_nothing(struct ctl_output *o, const char *name, const char *text, size_t length)
{
    if (text && length)
        return false;
    put_value(o, name, o->is_json ? "null" : "-");
    return true;
}

void ctl_output_bytes(struct ctl_output *o, const char *name, const char *text, size_t length)
{
    if (put_nothing(o, name, text, length))
        return;
    if (!o->is_json) {
        put_plain(o, name, text, length);
        return;
    }
    put_name(o, name);
    ctl_write_json_text(o->to, text, length);
}

void ctl_output_text(struct ctl_output *o, const char *name, const char *text)
{
    ctl_output_bytes(o, name, text, text ? strlen(text) : 0);
}

void ctl_output_texts(struct ctl_output *o, const char *name, const char *list, size_t length)
{
    const char *comma;

    if (!o->is_json) {
        ctl_output_bytes(o, name, list, length);
        return;
    }
    put_name(o, name);
    putc('[', o->to);
    while (list && length && (comma = memchr(list, ',', length))) {
        ctl_write_json_text(o->to, list, (size_t)(comma - list));
        putc(',', o->to);
        length -= (size_t)(comma - list) + 1;
        list = comma + 1;
    }
    if (list && length)
        ctl_write_json_text(o->to, list, length);
    putc(']', o->to);
}

void ctl_output_number(struct ctl_output *o, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    put_value(o, name, text);
}

void ctl_output_bool(struct ctl_output *o, const char *name, bool value)
{
    put_value(o, name, value ? "true" : "false");
}

void ctl_output_choice(struct ctl_output *o, const char *name, const char *text, size_t length)
{
    if (text && length == strlen("true") && memcmp(text, "true", length) == 0)
        ctl_output_bool(o, name, true);
    else if (text && length == strlen("false") && memcmp(text, "false", length) == 0)
        ctl_output_bool(o, name, false);
    else
        ctl_output_bytes(o, name, text, length);
}

/* A decimal number as JSON has it (RFC 8259 §6): without zeros in front. */
static bool is_number(const char *text, size_t length)
{
    size_t i = length > 0 && *text == '-', first = i;

    while (i < length && isdigit((unsigned char)text[i]))
        i++;
    if (i == first || (text[first] == '0' && i > first + 1))
        return false;
    if (i < length && text[i] == '.' && i + 1 < length)
        i++;
    while (i < length && isdigit((unsigned char)text[i]))
        i++;
    return i == length;
}

void ctl_output_decimal(struct ctl_output *o, const char *name, const char *text, size_t length)
{
    if (!o->is_json || !text || !is_number(text, length)) {
        ctl_output_bytes(o, name, text, length);
        return;
    }
    put_name(o, name);
    fwrite(text, 1, length, o->to);
}

void ctl_output_template(struct ctl_output *o, const char *text, size_t length)
{
    if (!o->is_json && length == 1 && *text == *TEMPLATE_NO_NAME)
        ctl_output_text(o, "template", "(none)");
    else
        ctl_output_bytes(o, "template", text, length);
}

void ctl_output_count(uint64_t count, const char *what)
{
    /* isatty() changes errno, which main() tells of after a failure. */
    if (ferror(stdout) || !isatty(STDERR_FILENO))
        return;
    fflush(stdout);
    fprintf(stderr, "%" PRIu64 " %s%s\n", count, what, count == 1 ? "" : "s");
}

void ctl_output_location(struct ctl_output *o, const struct location *l)
{
    ctl_output_decimal(o, "longitude", l->longitude, strlen(l->longitude));
    ctl_output_decimal(o, "latitude", l->latitude, strlen(l->latitude));
    ctl_output_text(o, "source", l->source);
    ctl_output_decimal(o, "sample_time", l->sample_time, strlen(l->sample_time));
}
