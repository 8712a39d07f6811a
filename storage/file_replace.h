/*
 * Puts a new file in the place of another, so that who reads it finds the old or the new one as a
 * whole, whatever dies meanwhile. The new one is written beside it under a hidden name, always the
 * same, so that nothing is left lying about for long. Of two who replace a file at the same time
 * the one that began later wins; who minds keeps others from it. Symbolic links stay, and what they
 * point to is replaced. One thread, which may block.
 */
#ifndef SIMGATE_STORAGE_FILE_REPLACE_H
#define SIMGATE_STORAGE_FILE_REPLACE_H

#include <stdio.h>
#include <sys/types.h>

struct file_replace {
    char *path;
    char *temporary; /* its path; NULL: there is none (any more) */
    FILE *file;      /* what is to be written goes here */
};

/* Begins a new file, with the mode and owner of that which is to be replaced; where there is none,
 * it has `mode`. Returns 0 or -errno. */
int file_replace_begin(struct file_replace *r, const char *path, mode_t mode);

/* Has what was written on the disk, in the place of the other file. Returns 0, or -errno of this or
 * of any writing before, after which nothing has changed; -EBUSY where somebody began later. */
int file_replace_commit(struct file_replace *r);

/* Gives up what was not committed. Accepts what a failed file_replace_begin() left behind. */
void file_replace_end(struct file_replace *r);

/* Has the names in a file's directory on the disk, after one was added or removed. Returns 0 or
 * -errno. */
int file_sync_directory(const char *path);

#endif
