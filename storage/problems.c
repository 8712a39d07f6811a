#include "storage/problems.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#define TEXT_MAX 1024

int problems_init(struct problems *p, const char *file)
{
    *p = (struct problems){.file = file};
    p->stream = open_memstream(&p->text, &p->length);
    return p->stream ? 0 : -ENOMEM;
}

void problems_init_at_once(struct problems *p, const char *file, FILE *stream)
{
    *p = (struct problems){.file = file, .stream = stream, .at_once = true};
}

void problems_deinit(struct problems *p)
{
    if (p->stream && !p->at_once)
        fclose(p->stream);
    free(p->text);
    *p = (struct problems){0};
}

void problems_add(struct problems *p, uint32_t line, const char *column, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;

    if (p->count++ >= PROBLEMS_SHOWN && !p->at_once)
        return;
    fprintf(p->stream, "%s%s:", p->count > 1 && !p->at_once ? "\n" : "", p->file);
    if (line)
        fprintf(p->stream, "%" PRIu32 ":", line);
    if (column)
        fprintf(p->stream, " column %s:", column);
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++) /* parts of it come from the file */
        *c = isprint((unsigned char)*c) ? *c : '?';
    fprintf(p->stream, " %s", text);
    if (p->at_once)
        fputc('\n', p->stream);
}

char *problems_take(struct problems *p)
{
    char *text;
    int failed;

    if (p->count > PROBLEMS_SHOWN)
        fprintf(p->stream, "\nand %" PRIu64 " more", p->count - PROBLEMS_SHOWN);
    failed = fclose(p->stream);
    p->stream = NULL;
    text = p->text;
    p->text = NULL;
    if (!failed)
        return text;
    free(text);
    return NULL;
}
