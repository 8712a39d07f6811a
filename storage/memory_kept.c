#include "storage/memory_kept.h"

#include "storage/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct kept {
    struct memory_keys *keys;
    struct memory_locations *locations;
};

static bool take_line(void *context, char *line)
{
    const struct kept *kept = context;
    char *rest = line, *iccid = strsep(&rest, " "), *what = rest ? strsep(&rest, " ") : NULL;

    if (!what || !*iccid || strlen(iccid) > DEVICE_ICCID_MAX ||
        strspn(iccid, "0123456789") != strlen(iccid))
        return false;
    if (memory_locations_are(what))
        return memory_locations_take(kept->locations, iccid, what, rest);
    return memory_keys_take(kept->keys, iccid, what, rest);
}

int memory_kept_read(const char *path, struct memory_keys *keys, struct memory_locations *locations,
                     uint32_t *line)
{
    struct kept kept = {keys, locations};

    return memory_state_read(path, take_line, &kept, line);
}

/* Goes through all lines that it takes to say what there is. */
static int each_line(struct memory_keys *keys, struct memory_locations *locations,
                     int (*take)(void *context, const char *text, size_t length), void *context)
{
    int error = memory_keys_each(keys, take, context);

    return error ? error : memory_locations_each(locations, take, context);
}

static int add_length(void *context, const char *text, size_t length)
{
    uint64_t *sum = context;

    *sum += length;
    return 0;
}

uint64_t memory_kept_size(struct memory_keys *keys, struct memory_locations *locations)
{
    uint64_t sum = 0;

    each_line(keys, locations, add_length, &sum);
    return sum;
}

static int write_lines(void *context, const char *text, size_t length)
{
    return fwrite(text, 1, length, context) == length ? 0 : -errno;
}

/* Reads the old file and writes the new one, beside it. */
static int rewrite(struct file_replace *file, const char *path)
{
    struct memory_keys keys = {.map = {.slots = NULL}};
    struct memory_locations locations = {.map = {.slots = NULL}};
    uint32_t line;
    int error = memory_keys_init(&keys);

    if (!error)
        error = memory_locations_init(&locations);
    if (!error)
        error = memory_kept_read(path, &keys, &locations, &line);
    if (!error)
        error = each_line(&keys, &locations, write_lines, file->file);
    memory_keys_deinit(&keys);
    memory_locations_deinit(&locations);
    return error;
}

/* Returns the new file, opened for appending, or -errno. */
static int replace(const char *path)
{
    struct file_replace file;
    int error = file_replace_begin(&file, path, 0600), fd = -1;

    if (!error)
        error = rewrite(&file, path);
    if (!error) {
        fd = open(file.temporary, O_RDWR | O_APPEND | O_CLOEXEC);
        error = fd < 0 ? -errno : file_replace_commit(&file);
    }
    file_replace_end(&file);
    if (error && fd >= 0)
        close(fd);
    return error ? error : fd;
}

int memory_kept_compact(struct memory_state *state)
{
    int error, fd;

    memory_state_lock(state);
    error = memory_state_enter(state);
    if (!error) {
        fd = replace(state->path);
        memory_state_leave(state, fd);
        error = fd < 0 ? fd : 0;
        memory_state_accept_size(state); /* or a failure would be repeated at once */
    }
    memory_state_unlock(state);
    return error;
}
