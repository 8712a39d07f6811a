#include "tests/unit/storage/temp_directory.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

int temp_directory_make(struct temp_directory *d)
{
    snprintf(d->path, sizeof(d->path), "/tmp/simgate-test-XXXXXX");
    return mkdtemp(d->path) ? 0 : -errno;
}

int temp_directory_write(const struct temp_directory *d, const char *name, const void *text,
                         size_t length)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", d->path, name);
    file = fopen(path, "we");
    if (!file)
        return -errno;
    return fwrite(text, 1, length, file) == length && fclose(file) == 0 ? 0 : -EIO;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    remove(path);
    return 0;
}

void temp_directory_remove(const struct temp_directory *d)
{
    nftw(d->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
