/*
 * What all fuzz targets have in common: the function that libFuzzer calls, and that replay.c calls
 * for the files of a corpus; and a check that ends the process, so that either sees it fail.
 */
#ifndef SIMGATE_TESTS_FUZZ_FUZZ_H
#define SIMGATE_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Always 0. What is wrong ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
