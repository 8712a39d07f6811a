/*
 * Subscribes to a broker and enters what it delivers into the ledger, on a thread of its own
 * (libmosquitto's). Opened, waited for and closed by the thread of the run. The subscription
 * survives a broken connection: the broker keeps what comes meanwhile.
 */
#ifndef SIMGATE_LOADTEST_SUBSCRIBER_H
#define SIMGATE_LOADTEST_SUBSCRIBER_H

#include "loadtest/ledger.h"
#include "loadtest/options.h"

struct subscriber;

/* Connects where --verify says, and returns when the broker has accepted the subscription. Both are
 * borrowed. Returns 0, or -errno and in `problem` why. */
int subscriber_open(struct subscriber **s, const struct options *o, struct ledger *ledger,
                    char problem[160]);

/* Waits until nothing is missing, for as long as a message that had not come yet comes at least
 * every `quiet` nanoseconds. Returns how long it waited. */
uint64_t subscriber_wait(struct subscriber *s, uint64_t quiet);

/* Ends the thread: the ledger's deliveries are complete. Returns how often it had to connect again.
 * Idempotent; accepts NULL. */
uint64_t subscriber_stop(struct subscriber *s);

/* Stopped: why deliveries may be missing although the broker had them, or NULL. */
const char *subscriber_trouble(const struct subscriber *s);

/* Accepts NULL. */
void subscriber_close(struct subscriber *s);

#endif
