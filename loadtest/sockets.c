#include "loadtest/sockets.h"

#include "base/clock.h"
#include "loadtest/device_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAM_ROOM 2048

/* Datagrams on their way out. All but bytes, length, source address and target is set up once. */
struct sockets_outbox {
    uint32_t count;
    struct mmsghdr messages[SOCKETS_BATCH];
    struct iovec parts[SOCKETS_BATCH];
    uint8_t bytes[SOCKETS_BATCH][SOCKETS_ROOM];
    _Alignas(struct cmsghdr) uint8_t controls[SOCKETS_BATCH][DEVICE_SOCKET_OUT];
};

struct sockets_inbox {
    struct mmsghdr messages[SOCKETS_BATCH];
    struct iovec parts[SOCKETS_BATCH];
    union net_sockaddr senders[SOCKETS_BATCH];
    _Alignas(struct cmsghdr) uint8_t controls[SOCKETS_BATCH][DEVICE_SOCKET_IN];
    uint8_t bytes[SOCKETS_BATCH][DATAGRAM_ROOM];
};

static void outbox_init(struct sockets_outbox *o, bool v6)
{
    for (int i = 0; i < SOCKETS_BATCH; i++) {
        struct msghdr *h = &o->messages[i].msg_hdr;

        device_socket_prepare(h, o->controls[i], v6);
        o->parts[i].iov_base = o->bytes[i];
        h->msg_namelen = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        h->msg_iov = &o->parts[i];
        h->msg_iovlen = 1;
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

int sockets_open(struct sockets *s, uint32_t count, const struct net_address *plain,
                 const struct net_address *secure)
{
    *s = (struct sockets){.count = count, .v6 = !net_ip_is_v4(plain->ip)};
    memset(s->fds, -1, sizeof(s->fds));
    net_address_to_sockaddr(plain, &s->targets[SOCKETS_PLAIN]);
    net_address_to_sockaddr(secure, &s->targets[SOCKETS_SECURE]);
    s->outboxes = calloc(count, sizeof(*s->outboxes));
    s->inbox = calloc(1, sizeof(*s->inbox));
    if (!s->outboxes || !s->inbox)
        return -ENOMEM;
    inbox_init(s->inbox);
    for (uint32_t i = 0; i < count; i++) {
        outbox_init(&s->outboxes[i], s->v6);
        s->fds[i] = device_socket_open(s->v6);
        if (s->fds[i] < 0)
            return s->fds[i];
    }
    return 0;
}

int sockets_tell_times(const struct sockets *s)
{
    int error = 0;

    for (uint32_t i = 0; !error && i < s->count; i++)
        error = device_socket_tell_times(s->fds[i]);
    return error;
}

void sockets_close(struct sockets *s)
{
    for (uint32_t i = 0; i < s->count && s->outboxes; i++)
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

void sockets_send(struct sockets *s, uint32_t socket, const uint8_t from[16],
                  enum sockets_target target, size_t length)
{
    struct sockets_outbox *o = &s->outboxes[socket];
    struct msghdr *h = &o->messages[o->count].msg_hdr;

    o->parts[o->count].iov_len = length;
    device_socket_from(h, from, s->v6);
    h->msg_name = &s->targets[target];
    if (++o->count == SOCKETS_BATCH)
        flush_socket(s, socket);
}

int sockets_flush(struct sockets *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        flush_socket(s, i);
    return s->error;
}

/* What is the same for a batch. The kernel's count of datagrams that it dropped at this socket
 * comes with each that it did not. */
static void note_batch(struct sockets *s, uint32_t socket, struct msghdr *last)
{
    struct device_socket_arrival arrival;
    struct timespec now;

    device_socket_arrival(last, &arrival);
    if (arrival.has_dropped)
        s->kernel_drops[socket] = arrival.dropped;
    clock_gettime(CLOCK_REALTIME, &now);
    s->wall = (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

int sockets_receive(struct sockets *s, uint32_t socket)
{
    struct sockets_inbox *in = s->inbox;
    int n;

    for (int i = 0; i < SOCKETS_BATCH; i++) {
        in->messages[i].msg_hdr.msg_namelen = sizeof(in->senders[i]);
        in->messages[i].msg_hdr.msg_controllen = DEVICE_SOCKET_IN;
    }
    n = recvmmsg(s->fds[socket], in->messages, SOCKETS_BATCH, MSG_DONTWAIT, NULL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (n > 0)
        note_batch(s, socket, &in->messages[n - 1].msg_hdr);
    s->datagrams_received += (uint64_t)n;
    return n;
}

static bool is_from(const struct sockets *s, enum sockets_target target,
                    const union net_sockaddr *from)
{
    const union net_sockaddr *to = &s->targets[target];

    if (s->v6)
        return from->v6.sin6_port == to->v6.sin6_port &&
               memcmp(&from->v6.sin6_addr, &to->v6.sin6_addr, sizeof(to->v6.sin6_addr)) == 0;
    return from->v4.sin_addr.s_addr == to->v4.sin_addr.s_addr &&
           from->v4.sin_port == to->v4.sin_port;
}

enum sockets_target sockets_datagram(const struct sockets *s, uint32_t number,
                                     struct sockets_datagram *d)
{
    const union net_sockaddr *from = &s->inbox->senders[number];
    struct device_socket_arrival arrival;

    device_socket_arrival(&s->inbox->messages[number].msg_hdr, &arrival);
    memcpy(d->device, arrival.to, sizeof(d->device));
    d->waited = arrival.wall && arrival.wall < s->wall ? s->wall - arrival.wall : 0;
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
    struct pollfd fds[SOCKETS_MAX];

    for (uint32_t i = 0; i < s->count; i++)
        fds[i] = (struct pollfd){.fd = s->fds[i], .events = POLLIN};
    if (ppoll(fds, s->count, &timeout, NULL) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

uint64_t sockets_kernel_drops(const struct sockets *s)
{
    uint64_t drops = 0;

    for (uint32_t i = 0; i < s->count; i++)
        drops += s->kernel_drops[i];
    return drops;
}
