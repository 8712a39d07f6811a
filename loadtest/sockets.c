#include "loadtest/sockets.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER (16 << 20)
#define DATAGRAM_ROOM  2048

/* Datagrams on their way out. All but bytes, length, source address and target is set up once. */
struct sockets_outbox {
    uint32_t count;
    struct mmsghdr messages[SOCKETS_BATCH];
    struct iovec parts[SOCKETS_BATCH];
    uint8_t bytes[SOCKETS_BATCH][SOCKETS_ROOM];
    _Alignas(struct cmsghdr) uint8_t controls[SOCKETS_BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
};

#define INBOX_CONTROL (CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)))

struct sockets_inbox {
    struct mmsghdr messages[SOCKETS_BATCH];
    struct iovec parts[SOCKETS_BATCH];
    union net_sockaddr senders[SOCKETS_BATCH];
    _Alignas(struct cmsghdr) uint8_t controls[SOCKETS_BATCH][INBOX_CONTROL];
    uint8_t bytes[SOCKETS_BATCH][DATAGRAM_ROOM];
};

static void outbox_init(struct sockets_outbox *o)
{
    for (int i = 0; i < SOCKETS_BATCH; i++) {
        struct msghdr *h = &o->messages[i].msg_hdr;
        struct cmsghdr *c = (struct cmsghdr *)(void *)o->controls[i];

        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        o->parts[i].iov_base = o->bytes[i];
        h->msg_namelen = sizeof(struct sockaddr_in);
        h->msg_iov = &o->parts[i];
        h->msg_iovlen = 1;
        h->msg_control = o->controls[i];
        h->msg_controllen = sizeof(o->controls[i]);
    }
}

static void inbox_init(struct sockets_inbox *in)
{
    for (int i = 0; i < SOCKETS_BATCH; i++) {
        struct msghdr *h = &in->messages[i].msg_hdr;

        in->parts[i] = (struct iovec){.iov_base = in->bytes[i], .iov_len = DATAGRAM_ROOM};
        h->msg_iov = &in->parts[i];
        h->msg_iovlen = 1;
        h->msg_name = &in->senders[i];
        h->msg_control = in->controls[i];
    }
}

/* The kernel grants a large buffer to the privileged and its own maximum to others. */
static void widen_receive_buffer(int fd)
{
    int bytes = RECEIVE_BUFFER;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

/* With DF and no notion of the path's MTU a datagram needs no IP identification, which the kernel
 * would choose with care. */
static void never_fragment(int fd)
{
    int probe = IP_PMTUDISC_PROBE;

    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
}

static int open_socket(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int on = 1;
    int error;

    if (fd < 0)
        return -errno;
    widen_receive_buffer(fd);
    never_fragment(fd);
    if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) == 0 &&
        bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

int sockets_open(struct sockets *s, const struct net_address *plain,
                 const struct net_address *secure)
{
    *s = (struct sockets){0};
    memset(s->fds, -1, sizeof(s->fds));
    net_address_to_sockaddr(plain, &s->targets[SOCKETS_PLAIN]);
    net_address_to_sockaddr(secure, &s->targets[SOCKETS_SECURE]);
    s->outboxes = calloc(SOCKETS_COUNT, sizeof(*s->outboxes));
    s->inbox = calloc(1, sizeof(*s->inbox));
    if (!s->outboxes || !s->inbox)
        return -ENOMEM;
    inbox_init(s->inbox);
    for (uint32_t i = 0; i < SOCKETS_COUNT; i++) {
        outbox_init(&s->outboxes[i]);
        s->fds[i] = open_socket();
        if (s->fds[i] < 0)
            return s->fds[i];
    }
    return 0;
}

void sockets_close(struct sockets *s)
{
    for (uint32_t i = 0; i < SOCKETS_COUNT && s->outboxes; i++)
        if (s->fds[i] >= 0)
            close(s->fds[i]);
    free(s->outboxes);
    free(s->inbox);
    *s = (struct sockets){0};
}

static void flush_socket(struct sockets *s, uint32_t socket)
{
    struct sockets_outbox *o = &s->outboxes[socket];
    uint32_t sent = 0;

    while (sent < o->count && !s->error) {
        int n = sendmmsg(s->fds[socket], o->messages + sent, o->count - sent, 0);

        if (n < 0 && errno != EINTR)
            s->error = -errno;
        sent += n > 0 ? (uint32_t)n : 0;
    }
    s->datagrams_sent += sent;
    o->count = 0;
}

uint8_t *sockets_room(struct sockets *s, uint32_t socket)
{
    struct sockets_outbox *o = &s->outboxes[socket];

    return o->bytes[o->count];
}

void sockets_send(struct sockets *s, uint32_t socket, struct in_addr from,
                  enum sockets_target target, size_t length)
{
    struct sockets_outbox *o = &s->outboxes[socket];
    struct msghdr *h = &o->messages[o->count].msg_hdr;
    struct in_pktinfo info = {.ipi_spec_dst = from};

    o->parts[o->count].iov_len = length;
    memcpy(CMSG_DATA((struct cmsghdr *)h->msg_control), &info, sizeof(info));
    h->msg_name = &s->targets[target];
    if (++o->count == SOCKETS_BATCH)
        flush_socket(s, socket);
}

int sockets_flush(struct sockets *s)
{
    for (uint32_t i = 0; i < SOCKETS_COUNT; i++)
        flush_socket(s, i);
    return s->error;
}

/* The kernel's count of datagrams that it dropped at this socket comes with each that it did not.
 */
static void read_drops(struct sockets *s, uint32_t socket, struct msghdr *h)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
            memcpy(&s->kernel_drops[socket], CMSG_DATA(c), sizeof(uint32_t));
}

int sockets_receive(struct sockets *s, uint32_t socket)
{
    struct sockets_inbox *in = s->inbox;
    int n;

    for (int i = 0; i < SOCKETS_BATCH; i++) {
        in->messages[i].msg_hdr.msg_namelen = sizeof(in->senders[i]);
        in->messages[i].msg_hdr.msg_controllen = INBOX_CONTROL;
    }
    n = recvmmsg(s->fds[socket], in->messages, SOCKETS_BATCH, MSG_DONTWAIT, NULL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (n > 0)
        read_drops(s, socket, &in->messages[n - 1].msg_hdr);
    s->datagrams_received += (uint64_t)n;
    return n;
}

static bool is_from(const struct sockets *s, enum sockets_target target,
                    const struct sockaddr_in *from)
{
    const struct sockaddr_in *address = &s->targets[target].v4;

    return from->sin_addr.s_addr == address->sin_addr.s_addr && from->sin_port == address->sin_port;
}

enum sockets_target sockets_datagram(const struct sockets *s, uint32_t number,
                                     struct sockets_datagram *d)
{
    struct msghdr *h = &s->inbox->messages[number].msg_hdr;
    const struct sockaddr_in *from = &s->inbox->senders[number].v4;
    struct in_pktinfo info = {0};

    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
            memcpy(&info, CMSG_DATA(c), sizeof(info));
    d->device = info.ipi_addr;
    d->bytes = s->inbox->bytes[number];
    d->length = s->inbox->messages[number].msg_len;
    if (is_from(s, SOCKETS_PLAIN, from))
        return SOCKETS_PLAIN;
    return is_from(s, SOCKETS_SECURE, from) ? SOCKETS_SECURE : SOCKETS_STRANGER;
}

int sockets_wait(const struct sockets *s, uint64_t nanoseconds)
{
    struct timespec timeout = {.tv_sec = (time_t)(nanoseconds / CLOCK_SECOND),
                               .tv_nsec = (long)(nanoseconds % CLOCK_SECOND)};
    struct pollfd fds[SOCKETS_COUNT];

    for (uint32_t i = 0; i < SOCKETS_COUNT; i++)
        fds[i] = (struct pollfd){.fd = s->fds[i], .events = POLLIN};
    if (ppoll(fds, SOCKETS_COUNT, &timeout, NULL) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

uint64_t sockets_kernel_drops(const struct sockets *s)
{
    uint64_t drops = 0;

    for (uint32_t i = 0; i < SOCKETS_COUNT; i++)
        drops += s->kernel_drops[i];
    return drops;
}
