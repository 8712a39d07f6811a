#include "base/secret_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool secret_file_read(const char *path, char secret[SECRET_MAX + 1])
{
    FILE *file = fopen(path, "re");
    size_t length;
    bool failed;

    if (!file)
        return false;
    length = fread(secret, 1, SECRET_MAX + 1, file);
    failed = ferror(file);
    fclose(file);
    if (failed)
        return false;
    if (length > SECRET_MAX || memchr(secret, 0, length)) {
        errno = length > SECRET_MAX ? EFBIG : EILSEQ;
        return false;
    }
    secret[length] = 0;
    if (length && secret[length - 1] == '\n')
        secret[length - 1] = 0;
    return true;
}
