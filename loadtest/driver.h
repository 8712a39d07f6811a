/*
 * Drives the devices: starts operations by the schedule, sends again what is not acknowledged, and
 * hands each received datagram to the device that it is for. One thread, whose loop calls
 * driver_step(); on the plain path nothing is allocated after driver_open().
 *
 * driver.c has the loop, operation.c what a device does step by step, traffic.c what leaves.
 */
#ifndef SIMGATE_LOADTEST_DRIVER_H
#define SIMGATE_LOADTEST_DRIVER_H

#include "base/random.h"
#include "loadtest/associations.h"
#include "loadtest/device.h"
#include "loadtest/options.h"
#include "loadtest/requests.h"
#include "loadtest/results.h"
#include "loadtest/schedule.h"
#include "loadtest/sockets.h"
#include "loadtest/sources.h"
#include "loadtest/verify.h"

/* Starts between two looks at the sockets, so that answers do not wait behind a long backlog. */
#define DRIVER_STARTS 64

/* A datagram that is held back. */
struct driver_held {
    uint32_t device; /* index */
    uint16_t length; /* 0: there is none */
    enum sockets_target target;
    uint8_t bytes[SOCKETS_ROOM];
};

struct driver {
    const struct options *options;
    struct results *results;
    struct sources sources;
    struct device *devices; /* `nstart` times as many as there are: device i, i + devices, … */
    uint32_t device_count;
    struct list idle;
    struct timer_heap timers;
    struct schedule schedule;
    struct sockets sockets;
    struct random_source random;
    struct requests requests;
    struct associations associations;
    struct verify verify;
    uint32_t run;   /* random: part of the messages' names */
    int error;      /* -errno: the first that no step can go on after */
    bool preparing; /* operations end with the handshake, and are not counted */
    uint32_t prepared;
    uint64_t starts[DRIVER_STARTS]; /* the instants of those that have not left yet */
    uint32_t start_count;
    bool starving;           /* no device was free at the end of the last step */
    uint64_t starved_at;     /* until when that was so last; 0: never */
    uint64_t last_answer;    /* nanoseconds, monotonic */
    struct driver_held held; /* overtaken by the next datagram */
    /* of operations answered since the last entry of the results' series */
    struct histogram second;
    uint64_t second_max;
};

/* Returns 0; or -errno and in `problem` why, or an empty text. `options` and `results` are
 * borrowed. */
int driver_open(struct driver *d, const struct options *options, struct results *results,
                char problem[160]);

void driver_close(struct driver *d);

/* Whether devices have something to do before the measured phase. */
static inline bool driver_needs_preparation(const struct driver *d)
{
    return d->options->secure && d->options->scenario != SCENARIO_COLD;
}

/* Each device gets its association, some at a time; the schedule begins at `now`. */
void driver_prepare(struct driver *d, uint64_t now);

/* The schedule of the measured phase begins at `now`. */
void driver_start(struct driver *d, uint64_t now);

/* Does what is to be done now. Where that is nothing, waits for a datagram, for what is due next,
 * or until `until`. Returns 0 or -errno. */
int driver_step(struct driver *d, uint64_t until);

/* Nothing is under way, and nothing is overdue. */
bool driver_is_drained(struct driver *d, uint64_t now);

/* Counts what the run leaves behind, and sends what is queued. Once, after the last step. Returns 0
 * or -errno. */
int driver_finish(struct driver *d, uint64_t now);

/* Copies what sockets count to the results. */
void driver_count_datagrams(struct driver *d);

/* The messages that a device has sent: for verify_finish(). */
uint32_t driver_sent_by(const void *driver, uint32_t device);

/* Which device it is: those that share an address are one. */
static inline uint32_t driver_number(const struct driver *d, const struct device *device)
{
    return (uint32_t)(device - d->devices) - device->slot * d->options->devices;
}

static inline struct association *driver_association(const struct driver *d,
                                                     const struct device *device)
{
    return &d->associations.list[driver_number(d, device)];
}

#endif
