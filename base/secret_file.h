/*
 * Passwords that come from files, so that neither a command line nor an environment has them. Any
 * thread; who reads one wipes it after use.
 */
#ifndef SIMGATE_BASE_SECRET_FILE_H
#define SIMGATE_BASE_SECRET_FILE_H

#include <stdbool.h>

#define SECRET_MAX 4096 /* bytes */

/* Reads the whole file but for one newline at its end. False where it cannot be read, with errno:
 * EFBIG when it is longer, EILSEQ when it has a NUL. */
bool secret_file_read(const char *path, char secret[SECRET_MAX + 1]);

#endif
