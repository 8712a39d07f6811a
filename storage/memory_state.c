#include "storage/memory_state.h"

#include "storage/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file is worth replacing when it is this large, and so many times what it needs to be. */
#define BLOATED_SIZE  (1024 * 1024)
#define BLOATED_TIMES 4

int memory_state_init(struct memory_state *s, const char *path)
{
    *s = (struct memory_state){.fd = -1};
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->sync_lock, NULL);
    s->path = strdup(path);
    return s->path ? 0 : -ENOMEM;
}

void memory_state_deinit(struct memory_state *s)
{
    if (s->path && s->fd >= 0)
        close(s->fd);
    free(s->path);
    *s = (struct memory_state){0};
}

/* Whether the path still leads to this file, which may have been replaced while we waited. */
static bool is_current(int fd, const char *path)
{
    struct stat here, there;

    if (fstat(fd, &here) < 0 || !S_ISREG(here.st_mode)) /* nobody replaces a device */
        return true;
    return stat(path, &there) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static int take_lines(FILE *file, memory_state_line_fn *take, void *context, uint32_t *line)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    int result = 0;

    while (result == 0 && (length = getline(&text, &room, file)) > 0 && text[length - 1] == '\n') {
        ++*line;
        text[length - 1] = 0;
        if (!take(context, text))
            result = -EINVAL;
    }
    if (result == 0 && !feof(file))
        result = -errno;
    if (text)
        explicit_bzero(text, room);
    free(text);
    return result;
}

int memory_state_read(const char *path, memory_state_line_fn *take, void *context, uint32_t *line)
{
    FILE *file = fopen(path, "re");
    int result;

    *line = 0;
    if (!file)
        return errno == ENOENT ? 0 : -errno;
    result = take_lines(file, take, context, line);
    fclose(file);
    return result;
}

void memory_state_lock(struct memory_state *s)
{
    pthread_mutex_lock(&s->lock);
}

void memory_state_unlock(struct memory_state *s)
{
    pthread_mutex_unlock(&s->lock);
}

/* Another file takes the place of that which was open, and all that it has is on the disk. */
static void set_file(struct memory_state *s, int fd)
{
    pthread_mutex_lock(&s->sync_lock);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = fd;
    s->synced = s->appended;
    pthread_mutex_unlock(&s->sync_lock);
}

/* A file of root's would be in the way of a gateway that is somebody else. */
static void give_to_owner_of_directory(int fd, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
    struct stat status;

    if (geteuid() == 0 && directory && stat(directory, &status) == 0 &&
        fchown(fd, status.st_uid, status.st_gid) < 0)
        errno = 0; /* it stays root's, which is the case that works without this */
    free(directory);
}

static int create_file(struct memory_state *s)
{
    int fd = open(s->path, O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT, 0600);

    if (fd >= 0) {
        give_to_owner_of_directory(fd, s->path);
        file_sync_directory(s->path); /* or a crash takes the file away with all its lines */
    }
    return fd;
}

static int open_file(struct memory_state *s)
{
    int fd = open(s->path, O_RDWR | O_APPEND | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        fd = create_file(s);
    if (fd < 0)
        return -errno;
    set_file(s, fd);
    return 0;
}

int memory_state_enter(struct memory_state *s)
{
    int error = s->fd < 0 ? open_file(s) : 0;

    while (!error) {
        if (flock(s->fd, LOCK_EX) < 0)
            return -errno;
        if (is_current(s->fd, s->path))
            return 0;
        error = open_file(s);
    }
    return error;
}

void memory_state_leave(struct memory_state *s, int replacement)
{
    if (replacement >= 0)
        set_file(s, replacement);
    else
        flock(s->fd, LOCK_UN);
}

/* Cuts off a last line of which somebody who died wrote only a part. Returns the file's size. */
static off_t cut_tail(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END), end = size;
    char last = '\n';

    while (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n')
        end--;
    return end == size || ftruncate(fd, end) == 0 ? end : -errno;
}

/* Returns the file's size then. */
static off_t append(int fd, const char *text, size_t length)
{
    off_t size = cut_tail(fd);
    ssize_t written;

    if (size < 0)
        return size;
    written = write(fd, text, length);
    if (written == (ssize_t)length)
        return size + written;
    if (written > 0 && ftruncate(fd, size) < 0)
        return -errno;
    return written < 0 ? -errno : -ENOSPC;
}

static bool is_bloated(const struct memory_state *s, off_t size)
{
    return size > BLOATED_SIZE && (uint64_t)size / BLOATED_TIMES > s->needed;
}

int memory_state_append(struct memory_state *s, const char *text, size_t length)
{
    int error = memory_state_enter(s);
    off_t size;

    if (error)
        return error;
    size = append(s->fd, text, length);
    memory_state_leave(s, -1);
    if (size < 0)
        return (int)size;
    s->appended += length;
    s->is_bloated = is_bloated(s, size);
    return 0;
}

/* The kernel tells of a failure once, and may have dropped what others wait for. */
int memory_state_sync(struct memory_state *s)
{
    uint64_t mine = s->appended, all;
    int error = 0;

    pthread_mutex_lock(&s->sync_lock);
    all = s->appended; /* what others appended while this thread waited is seen to as well */
    if (s->synced < mine && mine <= s->failed) {
        error = -EIO;
    } else if (s->synced < mine && fdatasync(s->fd) < 0) {
        error = -errno;
        s->failed = all;
    } else if (s->synced < mine) {
        s->synced = all;
    }
    pthread_mutex_unlock(&s->sync_lock);
    return error;
}

void memory_state_set_needed(struct memory_state *s, uint64_t needed)
{
    struct stat file = {.st_size = 0};

    stat(s->path, &file);
    s->needed = needed;
    s->is_bloated = is_bloated(s, file.st_size);
}

void memory_state_accept_size(struct memory_state *s)
{
    struct stat file = {.st_size = 0};

    stat(s->path, &file);
    s->needed = (uint64_t)file.st_size;
    s->is_bloated = false;
}
