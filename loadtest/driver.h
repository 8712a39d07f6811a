/*
 * Drives the devices: starts requests by the schedule, sends again what is not acknowledged, and
 * hands each received datagram to the device that it is for. One thread, whose loop calls
 * driver_step(); nothing is allocated after driver_open().
 */
#ifndef SIMGATE_LOADTEST_DRIVER_H
#define SIMGATE_LOADTEST_DRIVER_H

#include "base/random.h"
#include "loadtest/device.h"
#include "loadtest/options.h"
#include "loadtest/schedule.h"
#include "loadtest/sockets.h"
#include "loadtest/sources.h"
#include "loadtest/tally.h"

/* Options, marker and payload: the same in each request. */
#define DRIVER_BODY_MAX (300 + OPTIONS_PAYLOAD_MAX)

struct driver {
    const struct options *options;
    struct sources sources;
    struct device *devices;
    struct list idle;
    struct timer_heap timers;
    struct schedule schedule;
    struct sockets sockets;
    struct random_source random;
    struct tally tally;
    uint32_t open;        /* requests under way */
    uint64_t last_answer; /* nanoseconds, monotonic */
    uint8_t body[DRIVER_BODY_MAX];
};

/* Returns 0 or -errno. `options` is borrowed. */
int driver_open(struct driver *d, const struct options *options);

void driver_close(struct driver *d);

/* The schedule begins at `now`. */
void driver_start(struct driver *d, uint64_t now);

/* Does what is to be done now. Where that is nothing, waits for a datagram, for what is due next,
 * or until `until`. Returns 0 or -errno. */
int driver_step(struct driver *d, uint64_t until);

/* Nothing is under way, and nothing is overdue. */
bool driver_is_drained(const struct driver *d, uint64_t now);

/* Counts what the run leaves behind, and sends what is queued. Once, after the last step. Returns 0
 * or -errno. */
int driver_finish(struct driver *d, uint64_t now);

/* Devices that have used a Message ID again within EXCHANGE_LIFETIME in a run of `elapsed`
 * nanoseconds: a server may take their requests for duplicates (RFC 7252 §4.4). */
uint32_t driver_overused(const struct driver *d, uint64_t elapsed);

#endif
