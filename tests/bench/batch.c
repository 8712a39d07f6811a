#include "tests/bench/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define RECEIVE_BUFFER (4 << 20)

int batch_open(unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int bytes = RECEIVE_BUFFER;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int batch_watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    return epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? epoll : -1;
}

int batch_wait(int epoll)
{
    struct epoll_event event;

    return epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR ? -1 : 0;
}

static void prepare(struct batch *b, unsigned i, size_t length)
{
    b->parts[i] = (struct iovec){.iov_base = b->bytes[i], .iov_len = length};
    b->messages[i].msg_hdr = (struct msghdr){.msg_name = &b->peers[i],
                                             .msg_namelen = sizeof(b->peers[i]),
                                             .msg_iov = &b->parts[i],
                                             .msg_iovlen = 1};
}

void batch_receive(struct batch *b, int fd)
{
    int count;

    for (unsigned i = 0; i < BATCH; i++)
        prepare(b, i, DATAGRAM_ROOM);
    count = recvmmsg(fd, b->messages, BATCH, 0, NULL);
    b->count = count > 0 ? (unsigned)count : 0;
}

void batch_send(struct batch *b, int fd)
{
    if (b->count)
        sendmmsg(fd, b->messages, b->count, 0);
    b->count = 0;
}

void batch_add(struct batch *b, int fd, const struct sockaddr_in *peer, const uint8_t *bytes,
               size_t length)
{
    if (b->count == BATCH)
        batch_send(b, fd);
    prepare(b, b->count, length);
    b->peers[b->count] = *peer;
    memcpy(b->bytes[b->count++], bytes, length);
}

long batch_port(int argc, char **argv)
{
    long port = argc > 2 && strcmp(argv[1], "--port") == 0 ? strtol(argv[2], NULL, 10) : -1;

    return port > 65535 ? -1 : port;
}
