/*
 * The bare echo that the gateway is compared with: the least that a UDP server in one thread can
 * do. Plain epoll, recvmmsg and sendmmsg, and each datagram goes back as it came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH          64
#define DATAGRAM_ROOM  2048
#define RECEIVE_BUFFER (4 << 20)

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_in peers[BATCH];
    char bytes[BATCH][DATAGRAM_ROOM];
};

static int open_socket(unsigned short port)
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

static int receive_batch(int fd, struct batch *b)
{
    for (int i = 0; i < BATCH; i++) {
        b->parts[i] = (struct iovec){.iov_base = b->bytes[i], .iov_len = DATAGRAM_ROOM};
        b->messages[i].msg_hdr = (struct msghdr){.msg_name = &b->peers[i],
                                                 .msg_namelen = sizeof(b->peers[i]),
                                                 .msg_iov = &b->parts[i],
                                                 .msg_iovlen = 1};
    }
    return recvmmsg(fd, b->messages, BATCH, 0, NULL);
}

/* What the kernel does not take is lost, as UDP is. */
static void send_batch(int fd, struct batch *b, int count)
{
    for (int i = 0; i < count; i++)
        b->parts[i].iov_len = b->messages[i].msg_len;
    sendmmsg(fd, b->messages, (unsigned)count, 0);
}

static int serve(int fd, struct batch *b)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int count;

    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    for (;;) {
        if (epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR)
            return -1;
        do {
            count = receive_batch(fd, b);
            if (count > 0)
                send_batch(fd, b, count);
        } while (count == BATCH);
    }
}

int main(int argc, char **argv)
{
    static struct batch batch;
    long port = argc == 3 && strcmp(argv[1], "--port") == 0 ? strtol(argv[2], NULL, 10) : -1;
    int fd;

    if (port < 0 || port > 65535) {
        fputs("Usage: echo --port PORT    (0: any free one)\n", stderr);
        return 2;
    }
    fd = open_socket((unsigned short)port);
    if (fd < 0 || serve(fd, &batch) != 0)
        perror("echo");
    return 1;
}
