/* A file with given text that lives as long as a test. */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_TEMP_FILE_H
#define SIMGATE_TESTS_UNIT_STORAGE_TEMP_FILE_H

#include <stddef.h>

struct temp_file {
    char path[64];
};

/* Returns 0 or -errno. */
int temp_file_write(struct temp_file *f, const void *text, size_t length);

void temp_file_remove(struct temp_file *f);

#endif
