/*
 * Says on standard error how far an import is: on a terminal in one line that changes, elsewhere in
 * a line every few seconds. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_IMPORT_PROGRESS_H
#define SIMGATE_STORAGE_CTL_IMPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct import_progress {
    bool on_terminal;
    bool shown;       /* there is a line on the terminal */
    uint64_t total;   /* devices */
    uint64_t started; /* nanoseconds on the monotonic clock, as all that follow */
    uint64_t next;    /* when it is said again */
};

void import_progress_start(struct import_progress *p, uint64_t total, uint64_t now);

/* `done` of the devices are through. */
void import_progress_tell(struct import_progress *p, uint64_t done, uint64_t now);

/* Removes the line from the terminal. */
void import_progress_end(struct import_progress *p);

#endif
