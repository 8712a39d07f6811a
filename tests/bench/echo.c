/*
 * The bare echo that the gateway is compared with: the least that a UDP server in one thread can
 * do. Plain epoll, recvmmsg and sendmmsg, and each datagram goes back as it came.
 */
#include "tests/bench/batch.h"

#include <stdbool.h>
#include <stdio.h>

static int serve(int fd, struct batch *b)
{
    int epoll = batch_watch(fd);
    bool was_full;

    while (epoll >= 0 && batch_wait(epoll) == 0) {
        do {
            batch_receive(b, fd);
            was_full = b->count == BATCH;
            for (unsigned i = 0; i < b->count; i++)
                b->parts[i].iov_len = b->messages[i].msg_len;
            batch_send(b, fd);
        } while (was_full);
    }
    return -1;
}

int main(int argc, char **argv)
{
    static struct batch batch;
    long port = batch_port(argc, argv);
    int fd;

    if (port < 0) {
        fputs("Usage: echo --port PORT    (0: any free one)\n", stderr);
        return 2;
    }
    fd = batch_open((unsigned short)port);
    if (fd < 0 || serve(fd, &batch) != 0)
        perror("echo");
    return 1;
}
