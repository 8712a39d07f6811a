#include "tests/unit/storage/temp_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int temp_file_write(struct temp_file *f, const void *text, size_t length)
{
    FILE *file;
    int fd;

    snprintf(f->path, sizeof(f->path), "/tmp/simgate-test-XXXXXX");
    fd = mkstemp(f->path);
    if (fd < 0)
        return -errno;
    file = fdopen(fd, "w");
    if (fwrite(text, 1, length, file) != length || fclose(file) != 0)
        return -EIO;
    return 0;
}

void temp_file_remove(struct temp_file *f)
{
    unlink(f->path);
}
