#include "storage/problems.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

int problems_init(struct problems *p, const char *file)
{
    *p = (struct problems){.file = file};
    p->stream = open_memstream(&p->text, &p->length);
    return p->stream ? 0 : -ENOMEM;
}

void problems_deinit(struct problems *p)
{
    if (p->stream)
        fclose(p->stream);
    free(p->text);
    *p = (struct problems){0};
}

void problems_add(struct problems *p, uint32_t line, const char *column, const char *format, ...)
{
    va_list arguments;

    if (p->count++ >= PROBLEMS_SHOWN)
        return;
    fprintf(p->stream, "%s%s:", p->count > 1 ? "\n" : "", p->file);
    if (line)
        fprintf(p->stream, "%" PRIu32 ":", line);
    if (column)
        fprintf(p->stream, " column %s:", column);
    fputc(' ', p->stream);
    va_start(arguments, format);
    vfprintf(p->stream, format, arguments);
    va_end(arguments);
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
