/*
 * The receive loop: reads datagrams in batches, recvmmsg(2) straight into slots, and gives each to
 * the worker that its source address belongs to: at once where the loop runs on that worker's
 * thread, by the worker's inbox otherwise.
 *
 * It owns the slots. One that goes into an inbox is the worker's until it comes back by the other
 * ring.
 *
 * Opened and closed by the main thread; it runs on a thread of its own (`home` is NULL) or on the
 * loop of worker `home`, before that is started.
 */
#ifndef SIMGATE_GATEWAY_RECEIVE_LOOP_H
#define SIMGATE_GATEWAY_RECEIVE_LOOP_H

#include "base/counter.h"
#include "gateway/shard.h"
#include "workers/worker.h"

#include <stdint.h>

/* Datagrams in one recvmmsg(2), and those of a loop that may wait for one worker. */
#define RECEIVE_BATCH SERVICE_BATCH
#define RECEIVE_INBOX 4096

/* Workers that a loop can serve. */
#define RECEIVE_WORKERS 64

enum receive_counter {
    RECEIVE_DATAGRAMS,
    RECEIVE_BYTES,
    RECEIVE_TRUNCATED,
    RECEIVE_HANDED_ON,
    RECEIVE_KERNEL_DROPS,
    RECEIVE_INBOX_DROPS,
    RECEIVE_COUNTERS
};

extern const struct counter_description receive_counters[RECEIVE_COUNTERS];

/* A socket to read, and what is known about what arrives there. */
struct receive_socket {
    int fd;
    uint32_t listener;        /* for the datagram's path */
    struct net_address local; /* the address it is bound to */
    bool is_secure;           /* takes DTLS */
    bool wildcard;            /* then the local address comes with each datagram */
};

struct receive_settings {
    uint32_t index; /* of this loop: which inbox of each worker is its own */
    struct worker **workers;
    const struct shard *shard;
    uint16_t node;       /* in our connection ids */
    struct worker *home; /* or NULL */
    const struct receive_socket *sockets;
    uint32_t socket_count;
};

/* Slots of a loop. One worker that is flooded cannot hold all of them where there are others. */
static inline uint32_t receive_slots(uint32_t workers)
{
    return workers > 1 ? 2 * RECEIVE_INBOX : RECEIVE_INBOX;
}

struct receive_loop;

/* Returns 0 or -errno. The loop is to be closed even when that is not 0. */
int receive_loop_open(struct receive_loop **loop, const struct receive_settings *settings);

/* Starts the thread of a loop without a home; nothing to do for the others. Returns 0 or -errno. */
int receive_loop_start(struct receive_loop *loop);

/* Ends the thread and waits for it. */
void receive_loop_stop(struct receive_loop *loop);

/* After its workers are stopped. NULL is accepted. */
void receive_loop_close(struct receive_loop *loop);

/* Main thread, before the counts are read: adds what the kernel has dropped at the sockets. */
void receive_loop_gather(struct receive_loop *loop);

/* Any thread. */
const uint64_t *receive_loop_counts(const struct receive_loop *loop);

#endif
