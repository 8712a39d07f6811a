/*
 * Which messages were acknowledged and which were delivered: two bits for each, by device and
 * sequence. Acknowledgements come from one thread and deliveries from another, which need not wait
 * for each other; ledger_settle() may run beside the deliveries. Memory is touched as messages are
 * sent: 2 bits each, where devices send about equally many.
 */
#ifndef SIMGATE_LOADTEST_LEDGER_H
#define SIMGATE_LOADTEST_LEDGER_H

#include "loadtest/results.h"

#include <stdbool.h>
#include <stdint.h>

/* Messages that fit: 512 MiB of bits, twice. */
#define LEDGER_MESSAGES (UINT64_C(1) << 32)

struct ledger {
    uint32_t run;      /* the run's random number */
    uint32_t devices;  /* bit = sequence * devices + device */
    uint64_t messages; /* that fit */
    uint64_t *acknowledged;
    uint64_t *delivered;
    uint64_t settled; /* all words below hold nothing that is missing */

    /* of the acknowledging thread */
    uint64_t last;   /* the highest bit that is set, and 1 */
    uint64_t beyond; /* acknowledged, and there is no room for them */

    /* of the delivering thread: counters */
    uint64_t fresh; /* messages that were delivered for the first time */
    uint64_t duplicated;
    uint64_t foreign;
    uint64_t unknown; /* not to be among the devices, or beyond what fits */
    uint32_t duplicated_names;
    char duplicated_name[RESULTS_NAMES][RESULTS_NAME];
};

/* `messages` that fit, usually LEDGER_MESSAGES. Returns 0 or -ENOMEM. */
int ledger_init(struct ledger *l, uint32_t run, uint32_t devices, uint64_t messages);

void ledger_deinit(struct ledger *l);

/* Acknowledging thread. */
void ledger_acknowledge(struct ledger *l, uint32_t device, uint32_t sequence);

/* Delivering thread. */
void ledger_deliver(struct ledger *l, uint32_t device, uint32_t sequence);

/* Acknowledging thread, after the last acknowledgement: whether one is missing now. */
bool ledger_is_missing(struct ledger *l);

/* The same, after the last delivery: the result. `sent` tells how many messages a device sent. */
void ledger_settle(struct ledger *l, struct results_verification *v,
                   uint32_t (*sent)(const void *owner, uint32_t device), const void *owner);

#endif
