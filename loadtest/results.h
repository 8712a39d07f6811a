/*
 * Everything that a run yields: what the presentation (progress line, table, files, thresholds)
 * reads, and nothing else. One thread, that of the run. Who fills what:
 *
 *     driver       totals, steps and in_flight, as it goes
 *     run          series, the measured times and processor times, once a second and in the end
 *     verify       verification, in the end
 *     facts        settings and machine, before the run
 *
 * Whoever presents borrows it; results_deinit() frees the series. Times are nanoseconds.
 */
#ifndef SIMGATE_LOADTEST_RESULTS_H
#define SIMGATE_LOADTEST_RESULTS_H

#include "base/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESULTS_SETTINGS 40
#define RESULTS_FACTS    16
#define RESULTS_NAMES    16 /* of lost and of duplicated messages that are kept */
#define RESULTS_NAME     32 /* bytes of such a name, with its NUL */

/* A text about the run ("devices", "1000") or the machine ("processor", "…"). */
struct results_pair {
    const char *name; /* static */
    char value[160];
};

/* What an operation of a device is made of. A scenario has one or more of them. */
enum results_step {
    RESULTS_BOOTSTRAP, /* GET /bootstrap */
    RESULTS_HANDSHAKE, /* DTLS, from the first ClientHello to Finished */
    RESULTS_MESSAGE,   /* POST /data */
    RESULTS_LOCATION,  /* GET /location */
    RESULTS_STEPS
};

/* Latency of an operation's first step counts from the scheduled instant, that of others from the
 * end of the step before. */
struct results_step_totals {
    uint64_t started;
    uint64_t succeeded; /* 2.xx, or a handshake that is through */
    uint64_t failed;    /* another code, a reset, an alert */
    uint64_t timeouts;  /* given up after the last retransmission, or without a response */
    uint64_t retransmissions;
    struct histogram latency; /* of those that ended with an answer */
    uint64_t latency_max;
};

/* Operations, not datagrams, where nothing else is said. An operation is what the schedule starts:
 * one message, or all steps of a cold start. Each is in exactly one of succeeded, refused,
 * rejected, failed_handshakes, timeouts, or open at the end. */
struct results_totals {
    uint64_t sent;
    uint64_t answered;          /* by a CoAP response, whatever the code: succeeded + refused */
    uint64_t succeeded;         /* the last step was answered 2.xx, or echoed */
    uint64_t refused;           /* answered with another code, at whichever step */
    uint64_t rejected;          /* by an RST */
    uint64_t failed_handshakes; /* by a DTLS alert, in the handshake or after it */
    uint64_t timeouts;
    uint64_t handshakes_full;    /* complete ones, those of the preparation too */
    uint64_t handshakes_resumed; /* short ones: the server took the session that was offered */
    uint64_t handshakes_offered; /* of both, those that offered a session */
    uint64_t open;               /* neither answered nor given up when the run ended */
    uint64_t codes[256];         /* responses by code, of every step */

    /* of the schedule (open loop) */
    uint64_t due;          /* by the schedule; in the closed loop as many as were sent */
    uint64_t unsent;       /* due, and not started by the end */
    uint64_t blocked;      /* started late, because no device was free: the server's slowness */
    uint64_t late;         /* started more than RESULTS_LATE late by our own slowness */
    uint64_t lateness_max; /* of those that were late by our own slowness */

    /* messages and datagrams */
    uint64_t retransmissions;  /* RFC 7252 §4.2, and DTLS flights */
    uint64_t acknowledged;     /* by an empty acknowledgement, the response came separately */
    uint64_t repeated;         /* responses that came again */
    uint64_t late_answers;     /* responses that came after we had given up */
    uint64_t strays;           /* datagrams that nobody waited for, or that were not understood */
    uint64_t duplicates;       /* datagrams that we sent twice on purpose */
    uint64_t malformed;        /* malformed datagrams that we sent on purpose */
    uint64_t malformed_resets; /* RSTs that answered those */
    uint64_t rebinds;          /* of a device to another port or address, on purpose */
    uint64_t reordered;        /* datagrams that left after the one behind them, on purpose */
    uint64_t dropped_out;      /* datagrams lost on purpose, on our side, on their way out */
    uint64_t dropped_in;       /* and on their way in */
    uint64_t datagrams_sent;
    uint64_t datagrams_received;
    uint64_t kernel_drops; /* at our own sockets: the generator could not keep up */
    uint32_t ids_overused; /* devices that used a Message ID again within EXCHANGE_LIFETIME: a
                              server may have taken new requests for duplicates */
};

#define RESULTS_LATE UINT64_C(1000000)

/* How long we ourselves had things wait. */
struct results_delay {
    struct histogram times;
    uint64_t max;
};

static inline void results_delay_record(struct results_delay *d, uint64_t nanoseconds)
{
    histogram_record(&d->times, nanoseconds);
    if (nanoseconds > d->max)
        d->max = nanoseconds;
}

/* One second of the measured phase and of the draining after it. */
struct results_second {
    uint64_t length; /* the last one may be shorter than a second */
    uint64_t sent;
    uint64_t answered;
    uint64_t errors; /* ended in any other way than succeeded */
    uint64_t retransmissions;
    uint64_t in_flight; /* at its end */
    uint64_t p50;       /* of the operations that were answered in it; 0: none was */
    uint64_t p99;
    uint64_t latency_max;
    uint64_t server_cpu; /* used in it; 0 where it is not known */
    uint64_t own_cpu;
};

enum results_verification_state {
    RESULTS_NOT_VERIFIED,     /* nobody asked for it */
    RESULTS_VERIFIED,         /* all that was acknowledged could be looked for */
    RESULTS_VERIFY_IMPOSSIBLE /* it could not: see `problem` */
};

/* Messages by name: acknowledged = delivered + lost. */
struct results_verification {
    enum results_verification_state state;
    char problem[160];
    uint64_t acknowledged;   /* answered 2.xx, late answers too */
    uint64_t delivered;      /* of those */
    uint64_t lost;           /* of those: the run has failed */
    uint64_t unacknowledged; /* delivered, though never answered 2.xx: their fate was unknown */
    uint64_t duplicated;     /* deliveries of what had been delivered */
    uint64_t unknown;        /* deliveries with a name of this run that was never sent */
    uint64_t foreign;        /* deliveries without a name of this run */
    uint64_t reconnects;     /* to the broker, during the run */
    uint64_t waited;         /* for stragglers in the end */
    uint32_t lost_names, duplicated_names; /* how many there are of: */
    char lost_name[RESULTS_NAMES][RESULTS_NAME];
    char duplicated_name[RESULTS_NAMES][RESULTS_NAME];
};

enum results_end { RESULTS_RUNNING, RESULTS_COMPLETE, RESULTS_INTERRUPTED };

struct results {
    struct results_pair settings[RESULTS_SETTINGS];
    struct results_pair machine[RESULTS_FACTS];
    uint32_t setting_count, machine_count;
    uint64_t wall_ms; /* when the run began, milliseconds since the Unix epoch */
    uint64_t start;   /* the same, monotonic: the start of the measured phase; 0: not yet */
    enum results_end end;
    bool resumes;   /* devices offer their sessions */
    bool open_loop; /* latency counts from the scheduled instant, not from sending */

    struct results_totals totals;
    struct results_step_totals steps[RESULTS_STEPS];
    uint64_t in_flight; /* now */
    uint32_t devices;
    uint32_t devices_ready; /* after the preparation; `devices` where a scenario has none */

    /* Of operations that were answered, from their scheduled instant (open loop) or their start.
     * Up to date to the last entry of the series. */
    struct histogram latency;
    uint64_t latency_max;

    /* What of the latencies is our own, whoever is slow: from a start's instant until it had left
     * (open loop; not where it waited for a device), and from the kernel's having a datagram until
     * we had read it. */
    struct results_delay sent_late, read_late;

    struct results_second *series;
    uint32_t series_count, series_room;

    /* Between the start and the end of the schedule (with a fixed count: the last answer). */
    uint64_t prepared; /* what the preparation took before `start`, or 0 */
    uint64_t elapsed;
    uint64_t measured_answered; /* operations answered in it: throughput is this by `elapsed` */
    uint64_t own_cpu;
    uint64_t server_cpu;
    bool server_measured;

    struct results_verification verification;
};

void results_init(struct results *r);

void results_deinit(struct results *r);

/* Append a text. What does not fit is cut or left out. */
__attribute__((format(printf, 3, 4))) void results_set(struct results *r, const char *name,
                                                       const char *format, ...);
__attribute__((format(printf, 3, 4))) void results_fact(struct results *r, const char *name,
                                                        const char *format, ...);

/* Appends a second. Returns 0 or -ENOMEM. */
int results_append(struct results *r, const struct results_second *second);

/* Bounded by `max`, since the bound of a histogram's bucket may lie beyond what was recorded. */
uint64_t results_quantile(const struct histogram *h, double fraction, uint64_t max);

const char *results_step_name(enum results_step step);

#endif
