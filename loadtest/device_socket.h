/*
 * One UDP socket that speaks for many addresses of this machine, of either family: its options, and
 * the control messages that go with each datagram. It is bound to the wildcard address and a port
 * of its own. One thread.
 */
#ifndef SIMGATE_LOADTEST_DEVICE_SOCKET_H
#define SIMGATE_LOADTEST_DEVICE_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

/* Room for what goes with a datagram that is sent, and with one that is received: its address here,
 * when the kernel had it, and how many it dropped. */
#define DEVICE_SOCKET_OUT CMSG_SPACE(sizeof(struct in6_pktinfo))
#define DEVICE_SOCKET_IN                                                                           \
    (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)) +                \
     CMSG_SPACE(sizeof(uint32_t)))

struct device_socket_arrival {
    uint8_t to[16];   /* our address that it came to */
    uint64_t wall;    /* nanoseconds since the Unix epoch: when the kernel had it; 0: not known */
    uint32_t dropped; /* by the kernel at this socket so far; 0 where `has_dropped` is not */
    bool has_dropped;
};

/* Returns a descriptor or -errno. */
int device_socket_open(bool v6);

/* From now on each datagram that arrives comes with the time when the kernel had it. That costs
 * every datagram of this machine, whoever gets it, a look at the clock. Returns 0 or -errno. */
int device_socket_tell_times(int fd);

/* Sets up the control message of a datagram that is to be sent, in DEVICE_SOCKET_OUT bytes. */
void device_socket_prepare(struct msghdr *h, void *control, bool v6);

/* Which address it leaves from. */
void device_socket_from(struct msghdr *h, const uint8_t ip[16], bool v6);

/* What came with a received one. */
void device_socket_arrival(struct msghdr *h, struct device_socket_arrival *a);

/* Whether what is sent to this IPv6 address comes to this machine, which nothing else tells of a
 * prefix. */
bool device_socket_is_local(const uint8_t ip[16]);

#endif
