#include "storage/memory_edit_file.h"

#include "storage/memory_files.h"
#include "storage/memory_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int memory_edit_fail(char **error, int result, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(error, format, arguments) < 0)
        *error = NULL;
    va_end(arguments);
    return result;
}

/* A file is replaced by its changes: who waited may have waited for one that is gone. */
static bool is_current(int fd, const char *path)
{
    struct stat here, there;

    return fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

int memory_edit_lock(const char *path)
{
    int fd = -1;

    do {
        memory_edit_unlock(fd);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        if (flock(fd, LOCK_EX) < 0) {
            close(fd);
            return -errno;
        }
    } while (!is_current(fd, path));
    return fd;
}

void memory_edit_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

static int append(struct memory_state *state, const char *text, size_t length)
{
    int result;

    memory_state_lock(state);
    result = memory_state_append(state, text, length);
    memory_state_unlock(state);
    return result < 0 ? result : memory_state_sync(state);
}

int memory_edit_append(const char *path, const char *text, size_t length, char **error)
{
    struct memory_state state = {.path = NULL};
    char *name = memory_files_state_path(path);
    int result = name ? memory_state_init(&state, name) : -ENOMEM;

    if (result == 0)
        result = append(&state, text, length);
    if (result < 0)
        memory_edit_fail(error, result, "%s.state: %s", path, strerror(-result));
    memory_state_deinit(&state);
    free(name);
    return result;
}
