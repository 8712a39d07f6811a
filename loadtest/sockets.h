/*
 * A few UDP sockets that speak for every device: bound to the wildcard address, they send from and
 * receive for any address of this machine, in batches (sendmmsg, recvmmsg). One thread. What is
 * received is borrowed until the next sockets_receive().
 */
#ifndef SIMGATE_LOADTEST_SOCKETS_H
#define SIMGATE_LOADTEST_SOCKETS_H

#include "base/net_address.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKETS_USUAL 4
#define SOCKETS_MAX   16
#define SOCKETS_BATCH 64
#define SOCKETS_ROOM  1500 /* bytes of a datagram to be sent */

/* Where datagrams go and come from. */
enum sockets_target { SOCKETS_PLAIN, SOCKETS_SECURE, SOCKETS_TARGETS, SOCKETS_STRANGER };

struct sockets_outbox;
struct sockets_inbox;

struct sockets {
    uint32_t count;
    bool v6; /* the family of all addresses */
    int fds[SOCKETS_MAX];
    struct sockets_outbox *outboxes; /* one a socket */
    struct sockets_inbox *inbox;
    union net_sockaddr targets[SOCKETS_TARGETS];
    int error;                          /* -errno: the first that sending met */
    uint64_t wall;                      /* when the last batch was read, since the Unix epoch */
    uint32_t kernel_drops[SOCKETS_MAX]; /* received, but our receive buffer was full */
    uint64_t datagrams_sent;
    uint64_t datagrams_received;
};

struct sockets_datagram {
    uint8_t device[16]; /* whom it was sent to */
    uint64_t waited;    /* nanoseconds from the kernel's having it to our reading it, where told */
    const uint8_t *bytes;
    size_t length;
};

/* So many sockets, of the family of `plain`. Returns 0 or -errno. */
int sockets_open(struct sockets *s, uint32_t count, const struct net_address *plain,
                 const struct net_address *secure);

/* Has them told how long datagrams waited for us. Returns 0 or -errno. */
int sockets_tell_times(const struct sockets *s);

void sockets_close(struct sockets *s);

/* The socket that a device begins with. */
static inline uint32_t sockets_of(const struct sockets *s, uint32_t device)
{
    return device / SOCKETS_BATCH % s->count;
}

/* Room for the next datagram: SOCKETS_ROOM bytes, until sockets_send(). */
uint8_t *sockets_room(struct sockets *s, uint32_t socket);

/* Queues what is in that room. A full batch leaves at once; an error stays in `error`. */
void sockets_send(struct sockets *s, uint32_t socket, const uint8_t from[16],
                  enum sockets_target target, size_t length);

/* Sends what is queued. Returns `error`. */
int sockets_flush(struct sockets *s);

/* Takes up to SOCKETS_BATCH datagrams that wait at a socket. Returns their number or -errno. */
int sockets_receive(struct sockets *s, uint32_t socket);

/* One of those, and who sent it. */
enum sockets_target sockets_datagram(const struct sockets *s, uint32_t number,
                                     struct sockets_datagram *d);

/* Sleeps until there is something to receive, or for `nanoseconds`. Returns 0 or -errno. */
int sockets_wait(const struct sockets *s, uint64_t nanoseconds);

uint64_t sockets_kernel_drops(const struct sockets *s);

#endif
