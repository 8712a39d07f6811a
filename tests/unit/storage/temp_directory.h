/* A directory that lives as long as a test, with what is in it. */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_TEMP_DIRECTORY_H
#define SIMGATE_TESTS_UNIT_STORAGE_TEMP_DIRECTORY_H

#include <stddef.h>

struct temp_directory {
    char path[64];
};

/* Returns 0 or -errno. */
int temp_directory_make(struct temp_directory *d);

/* Writes a file, or a new one in its place. Returns 0 or -errno. */
int temp_directory_write(const struct temp_directory *d, const char *name, const void *text,
                         size_t length);

void temp_directory_remove(const struct temp_directory *d);

#endif
