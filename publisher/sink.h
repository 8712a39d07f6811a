/*
 * A sink: a thread with an event loop that takes publications from all lanes and gives them back
 * with their results, through two rings a lane. What it does with them is its owner's, who embeds a
 * struct sink and sets its operations. Internal to publisher/.
 *
 * Threads: opened, stopped and closed by the main thread. The operations and everything marked so
 * are the sink's thread's. Lanes touch the rings and `up`, `ended` and `wake`.
 */
#ifndef SIMGATE_PUBLISHER_SINK_H
#define SIMGATE_PUBLISHER_SINK_H

#include "base/ring.h"
#include "publisher/publisher.h"

#include <pthread.h>
#include <uv.h>

/* One lane's two rings to one sink. */
struct channel {
    struct ring out;                             /* lane to sink: waiting publications */
    struct ring back;                            /* sink to lane: publications with results */
    alignas(RING_CACHE_LINE) uint32_t submitted; /* the lane's: not collected yet */
};

struct sink;

struct sink_ops {
    void (*start)(struct sink *sink); /* sink's thread, before its loop runs */
    void (*pump)(struct sink *sink);  /* sink's thread: there may be new publications */
    void (*end)(struct sink *sink);   /* sink's thread: its loop ends after this */
    /* Main thread, when the sink's has ended or is left alone: give back all that is held. */
    void (*surrender)(struct sink *sink);
    /* Main thread: frees the sink itself after sink_deinit(). */
    void (*close)(struct sink *sink);
};

/* What all sinks of a publisher have in common. */
struct sink_settings {
    const struct log *log;
    unsigned lanes;
    uint32_t queue; /* publications that may wait, from all lanes */
    publisher_wake_fn *wake;
    void *wake_context;
};

/* Whether the sink's thread is where it may have to be left alone. */
enum sink_phase { SINK_RUNNING, SINK_BLOCKED, SINK_ABANDONED };

struct sink {
    /* read by the lanes, written seldom */
    alignas(RING_CACHE_LINE) _Atomic bool up; /* publications are taken */
    _Atomic bool ended;                       /* the lanes empty their `out` rings themselves */
    struct channel *channels;                 /* one a lane */
    uv_async_t wake;

    alignas(RING_CACHE_LINE) const struct sink_ops *ops;
    struct sink_settings settings;
    unsigned turn; /* the lane that is next to be served */
    bool started;
    _Atomic bool stopping;
    _Atomic int phase; /* enum sink_phase */
    pthread_t thread;
    uv_loop_t loop;
    uint64_t counters[PUBLISHER_COUNTERS];
};

/* `held` is how many publications the sink holds at most besides those that wait in the rings.
 * Returns 0 or -errno; sink_deinit() is due in any case. */
int sink_init(struct sink *sink, const struct sink_ops *ops, const struct sink_settings *settings,
              uint32_t held);

/* Starts the thread, in which all signals are blocked. Returns 0 or -errno. */
int sink_start(struct sink *sink);

/* Stopping takes two steps, so that all sinks end at the same time. */
void sink_ask_to_end(struct sink *sink);
/* `deadline` is monotonic: from then on a thread in sink_block() is left alone. */
void sink_join(struct sink *sink, uint64_t deadline);

/* False when an abandoned thread may still look at the sink: its memory must stay. */
bool sink_deinit(struct sink *sink);

/* Sink's thread, around what may block for long. sink_unblock() ends the thread when it was
 * abandoned meanwhile. */
void sink_block(struct sink *sink);
void sink_unblock(struct sink *sink);

/* Sink's thread. The next waiting publication, from each lane in turn, or NULL. */
struct publication *sink_next(struct sink *sink);

/* Sink's thread. Gives back with `result` every publication that waits. */
void sink_reject(struct sink *sink, enum publish_result result);

/* Sink's thread. Gives back those whose deadline has passed while they waited. Returns the next
 * deadline of one that waits, or CLOCK_NEVER. */
uint64_t sink_withdraw(struct sink *sink, uint64_t now);

/* Sink's thread. Gives a publication back; the lane sees it after sink_deliver(). */
void sink_return(struct sink *sink, struct publication *publication, enum publish_result result);

/* Sink's thread. Hands over what was given back, and wakes those lanes: once a batch. */
void sink_deliver(struct sink *sink);

#endif
