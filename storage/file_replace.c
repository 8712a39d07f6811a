#include "storage/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the file is behind symbolic links; the path as it is where there is no file yet. */
static char *resolve(const char *path)
{
    char *resolved = realpath(path, NULL);

    return resolved || errno != ENOENT ? resolved : strdup(path);
}

/* "DIRECTORY/.NAME.new" */
static char *name_temporary(const char *path)
{
    const char *slash = strrchr(path, '/');
    int directory = slash ? (int)(slash + 1 - path) : 0;
    char *temporary;

    return asprintf(&temporary, "%.*s.%s.new", directory, path, path + directory) < 0 ? NULL
                                                                                      : temporary;
}

/* Who may read the old file may read the new one, and nobody else. */
static int take_over(int fd, const char *path, mode_t mode)
{
    struct stat old, new;

    if (stat(path, &old) < 0)
        return errno == ENOENT && fchmod(fd, mode) == 0 ? 0 : -errno;
    if (fstat(fd, &new) < 0)
        return -errno;
    if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
        fchown(fd, old.st_uid, old.st_gid) < 0)
        return -errno;
    return fchmod(fd, old.st_mode & 07777) < 0 ? -errno : 0;
}

/* Somebody who replaces the same file at the same time takes its name for his own. */
static bool is_ours(const struct file_replace *r)
{
    struct stat here, there;

    return r->file && fstat(fileno(r->file), &here) == 0 && stat(r->temporary, &there) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static int open_temporary(struct file_replace *r, mode_t mode)
{
    int fd, error;

    unlink(r->temporary); /* of somebody who died */
    fd = open(r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    error = take_over(fd, r->path, mode);
    r->file = error ? NULL : fdopen(fd, "w");
    if (r->file)
        return 0;
    close(fd);
    unlink(r->temporary);
    return error ? error : -ENOMEM;
}

int file_replace_begin(struct file_replace *r, const char *path, mode_t mode)
{
    *r = (struct file_replace){.path = resolve(path)};
    if (!r->path)
        return -errno;
    r->temporary = name_temporary(r->path);
    return r->temporary ? open_temporary(r, mode) : -ENOMEM;
}

int file_sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
    int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int error = fd >= 0 && fsync(fd) == 0 ? 0 : -errno;

    if (fd >= 0)
        close(fd);
    free(directory);
    return error;
}

/* The name of an error of the stream may be lost by now. */
static int flush(FILE *file)
{
    bool failed = ferror(file);

    if (fflush(file) != 0)
        return -errno;
    if (failed)
        return -EIO;
    return fsync(fileno(file)) < 0 ? -errno : 0;
}

int file_replace_commit(struct file_replace *r)
{
    int error = flush(r->file);

    if (!error && !is_ours(r))
        error = -EBUSY;
    if (!error && rename(r->temporary, r->path) < 0)
        error = -errno;
    if (error)
        return error;
    free(r->temporary);
    r->temporary = NULL;
    file_sync_directory(r->path); /* it is replaced: a crash may bring the old one back, whole */
    return 0;
}

void file_replace_end(struct file_replace *r)
{
    if (r->temporary && is_ours(r))
        unlink(r->temporary);
    if (r->file)
        fclose(r->file);
    free(r->temporary);
    free(r->path);
    *r = (struct file_replace){0};
}
