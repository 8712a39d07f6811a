/*
 * UDP in batches, for the bare servers: one socket of 127.0.0.1, recvmmsg and sendmmsg. One thread.
 */
#ifndef SIMGATE_TESTS_BENCH_BATCH_H
#define SIMGATE_TESTS_BENCH_BATCH_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define BATCH         64
#define DATAGRAM_ROOM 2048

struct batch {
    unsigned count; /* of messages that were received, or are to be sent */
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_in peers[BATCH];
    uint8_t bytes[BATCH][DATAGRAM_ROOM];
};

/* Binds to a port (0: any free one) and says on standard output where it listens. The descriptor,
 * or -1. */
int batch_open(unsigned short port);

/* Waits until there is something. 0, or -1. */
int batch_wait(int epoll);

/* Descriptor of an epoll that watches the socket, or -1. */
int batch_watch(int fd);

/* Takes what waits, at most a batch. */
void batch_receive(struct batch *b, int fd);

/* Sends all of it. What the kernel does not take is lost, as UDP is. */
void batch_send(struct batch *b, int fd);

/* Adds a datagram, after sending those that are there when there is no room. */
void batch_add(struct batch *b, int fd, const struct sockaddr_in *peer, const uint8_t *bytes,
               size_t length);

/* The port of --port PORT, the first two arguments, or -1. */
long batch_port(int argc, char **argv);

#endif
