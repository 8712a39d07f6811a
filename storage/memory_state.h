/*
 * FILE.csv.state, where a memory store keeps what it learns while it runs: lines, of which later
 * ones override earlier ones. Nothing is ever changed in it; lines are appended, by the gateway and
 * by simgatectl (under flock(2), so that each writes whole lines), and where it has grown much
 * larger than what it says, it is replaced by one that says the same in fewer (memory_kept.h).
 *
 * Any thread, which may block. Those who append, replace it or read it again hold the lock.
 */
#ifndef SIMGATE_STORAGE_MEMORY_STATE_H
#define SIMGATE_STORAGE_MEMORY_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_state {
    pthread_mutex_t lock;
    pthread_mutex_t
        sync_lock; /* taken within the other: who waits for the disk waits once for all */
    char *path;
    int fd;                    /* -1 until there is something to write */
    _Atomic uint64_t appended; /* bytes, here */
    uint64_t synced;           /* of these, on the disk */
    uint64_t failed;           /* of these, such that the disk refused some of them */
    uint64_t needed;           /* bytes in which all could be said, when that was known last */
    _Atomic bool is_bloated;   /* the file has several times that */
};

/* Returns 0 or -ENOMEM. */
int memory_state_init(struct memory_state *s, const char *path);

/* Accepts zeros. */
void memory_state_deinit(struct memory_state *s);

/* Takes a line, which it may change, without its end. False when it makes no sense. */
typedef bool memory_state_line_fn(void *context, char *line);

/*
 * Reads the file; there need not be one. A last line that was not written whole is left out.
 * Errors: -EINVAL, with the number of the wrong line in `*line`; -errno. Others may write
 * meanwhile: it is as if they had done so a little later.
 */
int memory_state_read(const char *path, memory_state_line_fn *take, void *context, uint32_t *line);

void memory_state_lock(struct memory_state *s);
void memory_state_unlock(struct memory_state *s);

/* Under the lock: appends whole lines, or nothing. Returns 0 or -errno. */
int memory_state_append(struct memory_state *s, const char *text, size_t length);

/* Waits until all that was appended is on the disk. Not under the lock. Returns 0 or -errno. */
int memory_state_sync(struct memory_state *s);

/* Says in how many bytes all could be said; or that it cannot be said in fewer. */
void memory_state_set_needed(struct memory_state *s, uint64_t needed);
void memory_state_accept_size(struct memory_state *s);

/* Under the lock: the file, opened for appending and locked against others; and the end of that, in
 * which `replacement` takes its place unless that is negative. Return 0 or -errno. */
int memory_state_enter(struct memory_state *s);
void memory_state_leave(struct memory_state *s, int replacement);

#endif
