/*
 * Says on standard error how far something long is: on a terminal with a bar that changes,
 * elsewhere in a line every few seconds. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_PROGRESS_H
#define SIMGATE_STORAGE_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    bool on_terminal;
    bool shown;       /* there is a bar on the terminal */
    uint64_t total;   /* devices; 0 where that is not known */
    uint64_t started; /* nanoseconds on the monotonic clock, as all that follow */
    uint64_t next;    /* when it is said again */
};

void progress_start(struct progress *p, uint64_t total, uint64_t now);

/* `done` of the devices are through. */
void progress_tell(struct progress *p, uint64_t done, uint64_t now);

/* Removes the bar from the terminal: before anything else is said, and at the end. */
void progress_clear(struct progress *p);

/* A stream to standard error that removes the bar before each line. NULL when there is no memory.
 */
FILE *progress_stream(struct progress *p);

#endif
