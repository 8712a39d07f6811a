#include "storage/ctl/template_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool template_list_is_legal(const char *name, size_t length)
{
    return template_name_is_legal(name, length) &&
           (length != strlen(TEMPLATE_NO_NAME) || memcmp(name, TEMPLATE_NO_NAME, length) != 0);
}

static bool grow(struct template_list *l)
{
    size_t room = l->room ? 2 * l->room : 64;
    void *names = reallocarray(l->names, room, sizeof(*l->names));

    if (!names) {
        fputs("simgatectl: out of memory\n", stderr);
        return false;
    }
    l->names = names;
    l->room = room;
    return true;
}

bool template_list_add(struct template_list *l, const char *name, size_t length)
{
    if (!template_list_is_legal(name, length)) {
        l->strange++;
        return true;
    }
    if (l->count == l->room && !grow(l))
        return false;
    memcpy(l->names[l->count], name, length);
    l->names[l->count++][length] = 0;
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

void template_list_sort(struct template_list *l)
{
    size_t kept = 0;

    if (l->count)
        qsort(l->names, l->count, sizeof(*l->names), compare);
    for (size_t i = 0; i < l->count; i++)
        if (kept == 0 || strcmp(l->names[kept - 1], l->names[i]) != 0)
            memmove(l->names[kept++], l->names[i], sizeof(*l->names));
    l->count = kept;
}

void template_list_free(struct template_list *l)
{
    free(l->names);
    *l = (struct template_list){0};
}
