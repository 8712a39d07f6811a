#include "workers/egress.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

union control {
    alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct egress {
    struct egress_socket sockets[EGRESS_LISTENERS];
    uint32_t used;
    uint32_t listeners[EGRESS_BATCH]; /* of each message */
    struct mmsghdr headers[EGRESS_BATCH];
    struct iovec vectors[EGRESS_BATCH];
    union net_sockaddr peers[EGRESS_BATCH];
    union control controls[EGRESS_BATCH];
    uint8_t messages[EGRESS_BATCH][EGRESS_DATAGRAM_MAX];
    uint64_t counters[EGRESS_COUNTERS];
};

const struct counter_description egress_counters[EGRESS_COUNTERS] = {
    [EGRESS_SENT] = {"simgate_datagrams_sent_total", "", "Datagrams given to the kernel."},
    [EGRESS_BYTES] = {"simgate_datagram_bytes_sent_total", "", "Bytes of these, without headers."},
    [EGRESS_DROPPED_FULL] = {"simgate_datagrams_not_sent_total", "reason=\"socket_full\"",
                             "Datagrams that the kernel did not take, by reason."},
    [EGRESS_DROPPED_FAILED] = {"simgate_datagrams_not_sent_total", "reason=\"error\""},
};

struct egress *egress_open(const struct egress_socket *sockets, uint32_t count)
{
    struct egress *e = calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    memcpy(e->sockets, sockets, count * sizeof(*sockets));
    for (uint32_t i = 0; i < EGRESS_BATCH; i++) {
        e->vectors[i].iov_base = e->messages[i];
        e->headers[i].msg_hdr.msg_iov = &e->vectors[i];
        e->headers[i].msg_hdr.msg_iovlen = 1;
        e->headers[i].msg_hdr.msg_name = &e->peers[i];
    }
    return e;
}

void egress_close(struct egress *e)
{
    free(e);
}

static void put_control(struct msghdr *header, union control *control, int level, int type,
                        const void *info, size_t length)
{
    struct cmsghdr *c = (struct cmsghdr *)control->bytes;

    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(c), info, length);
    header->msg_control = control->bytes;
    header->msg_controllen = CMSG_SPACE(length);
}

/* The reply leaves from the address that the device wrote to. */
static void put_source(struct msghdr *header, union control *control,
                       const struct net_address *local)
{
    struct in6_pktinfo v6 = {.ipi6_ifindex = local->scope};
    struct in_pktinfo v4 = {0};

    if (net_ip_is_v4(local->ip)) {
        memcpy(&v4.ipi_spec_dst, local->ip + 12, 4);
        put_control(header, control, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
    } else {
        memcpy(&v6.ipi6_addr, local->ip, 16);
        put_control(header, control, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
    }
}

static uint8_t *room(void *context)
{
    struct egress *e = context;

    if (e->used == EGRESS_BATCH)
        egress_flush(e);
    return e->messages[e->used];
}

static void send_message(void *context, const struct coap_endpoint *to,
                         const struct datagram_path *path, size_t length)
{
    struct egress *e = context;
    uint32_t i = e->used++;
    struct msghdr *header = &e->headers[i].msg_hdr;

    (void)to;
    e->listeners[i] = path->listener;
    e->vectors[i].iov_len = length;
    header->msg_namelen = net_address_to_sockaddr(&path->peer, &e->peers[i]);
    header->msg_control = NULL;
    header->msg_controllen = 0;
    if (e->sockets[path->listener].wildcard)
        put_source(header, &e->controls[i], &path->local);
}

struct coap_output egress_output(struct egress *e)
{
    return (struct coap_output){.context = e, .room = room, .send = send_message};
}

static void count_sent(struct egress *e, uint32_t first, uint32_t count)
{
    uint64_t bytes = 0;

    for (uint32_t i = first; i < first + count; i++)
        bytes += e->vectors[i].iov_len;
    counter_add(&e->counters[EGRESS_SENT], count);
    counter_add(&e->counters[EGRESS_BYTES], bytes);
}

/* Sends a run of messages on one socket. */
static void send_run(struct egress *e, uint32_t first, uint32_t end)
{
    int fd = e->sockets[e->listeners[first]].fd;

    while (first < end) {
        int sent = sendmmsg(fd, &e->headers[first], end - first, MSG_DONTWAIT);

        if (sent > 0) {
            count_sent(e, first, (uint32_t)sent);
            first += (uint32_t)sent;
        } else if (errno == EAGAIN) {
            counter_add(&e->counters[EGRESS_DROPPED_FULL], end - first);
            return;
        } else if (errno != EINTR) { /* this one cannot be sent; the next may */
            counter_add(&e->counters[EGRESS_DROPPED_FAILED], 1);
            first++;
        }
    }
}

void egress_flush(struct egress *e)
{
    uint32_t first = 0;

    while (first < e->used) {
        uint32_t end = first + 1;

        while (end < e->used && e->listeners[end] == e->listeners[first])
            end++;
        send_run(e, first, end);
        first = end;
    }
    e->used = 0;
}

const uint64_t *egress_counts(const struct egress *e)
{
    return e->counters;
}
