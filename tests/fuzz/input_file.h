/* An input as a file that can be opened by its name, for readers that want one. One thread. */
#ifndef SIMGATE_TESTS_FUZZ_INPUT_FILE_H
#define SIMGATE_TESTS_FUZZ_INPUT_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Writes the file, which lives in memory and is the same one each time, and returns its path. */
const char *input_file_write(const uint8_t *bytes, size_t length);

#endif
