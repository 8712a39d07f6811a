#include "storage/store.h"

#include "storage/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What is behind the scheme, or NULL when the URL has another. */
static const char *behind(const char *url, const char *scheme)
{
    size_t length = strlen(scheme);

    return strncmp(url, scheme, length) == 0 ? url + length : NULL;
}

/* The URL itself is not repeated: it may have a password in it. */
static int refuse(char **error, const char *what)
{
    if (asprintf(error, "%s: legal is memory:FILE.csv", what) < 0)
        *error = NULL;
    return -EINVAL;
}

int store_open(struct store **store, const char *url, const struct log *log, char **error)
{
    const char *path = behind(url, "memory:");

    *store = NULL;
    if (path && *path)
        return memory_store_open(store, path, log, error);
    if (path)
        return refuse(error, "the memory store needs a file");
    if (behind(url, "redis://") || behind(url, "redis+unix://"))
        return refuse(error, "this build has no Redis store");
    return refuse(error, "the store's URL has an unknown scheme");
}
