/*
 * Lets a long command end in order at Ctrl-C or SIGTERM: both only come when they are asked for, as
 * long as it is open. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_INTERRUPT_H
#define SIMGATE_STORAGE_CTL_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
    int fd; /* -1: not open */
    sigset_t before;
    int number; /* of the signal that came, or 0 */
};

/* Returns 0 or -errno. */
int interrupt_open(struct interrupt *i);

/* Whether there was one. */
bool interrupt_came(struct interrupt *i);

/* Signals come as usual again. One that was taken comes now, and ends the program: whoever started
 * it sees by what it ended. Accepts what a failed interrupt_open() left behind. */
void interrupt_close(struct interrupt *i);

#endif
