/*
 * Conservation: each message that was acknowledged has to be delivered. A ledger, filled by the run
 * and by a subscriber. The thread of the run; zeros are one that nobody asked for.
 */
#ifndef SIMGATE_LOADTEST_VERIFY_H
#define SIMGATE_LOADTEST_VERIFY_H

#include "loadtest/ledger.h"
#include "loadtest/options.h"

struct subscriber;

struct verify {
    struct ledger ledger;
    struct subscriber *subscriber; /* NULL: not verified */
};

/* Returns 0, or -errno and in `problem` why. */
int verify_open(struct verify *v, const struct options *o, uint32_t run, char problem[160]);

void verify_close(struct verify *v);

/* A message was answered with 2.xx. */
static inline void verify_acknowledge(struct verify *v, uint32_t device, uint32_t sequence)
{
    if (v->subscriber)
        ledger_acknowledge(&v->ledger, device, sequence);
}

/* After the last answer: waits for what is missing, `quiet` nanoseconds at a time, and tells what
 * came of it. `sent` tells how many messages a device sent. */
void verify_finish(struct verify *v, uint64_t quiet, struct results_verification *result,
                   uint32_t (*sent)(const void *owner, uint32_t device), const void *owner);

#endif
