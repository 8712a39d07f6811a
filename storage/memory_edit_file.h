/*
 * What changes of a memory store's files have in common: locks, complaints, and lines at the end of
 * FILE.csv.state. One thread, which may block.
 */
#ifndef SIMGATE_STORAGE_MEMORY_EDIT_FILE_H
#define SIMGATE_STORAGE_MEMORY_EDIT_FILE_H

#include <stddef.h>

/* Makes a text for the user. Returns `result`. */
int memory_edit_fail(char **error, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Waits until nobody else changes a file, or what is in a directory. Returns what
 * memory_edit_unlock() takes, or -errno. */
int memory_edit_lock(const char *path);

/* Accepts a negative value. */
void memory_edit_unlock(int lock);

/* Has lines on the disk, at the end of what is kept beside the devices' file `path`. Returns 0 or
 * -errno. */
int memory_edit_append(const char *path, const char *text, size_t length, char **error);

#endif
