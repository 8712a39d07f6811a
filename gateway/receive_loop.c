#include "gateway/receive_loop.h"

#include "base/slab.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Batches of one socket before the loop sees to its others. */
#define RECEIVE_TURN 4

/* Nanoseconds until a loop without a free slot looks for one again. */
#define SLOT_WAIT 100000

const struct counter_description receive_counters[RECEIVE_COUNTERS] = {
    [RECEIVE_DATAGRAMS] = {"simgate_datagrams_received_total", "", "Datagrams read."},
    [RECEIVE_BYTES] = {"simgate_datagram_bytes_received_total", "",
                       "Bytes of these, without headers."},
    [RECEIVE_TRUNCATED] = {"simgate_datagrams_truncated_total", "",
                           "Datagrams that were longer than a slot."},
    [RECEIVE_HANDED_ON] = {"simgate_datagrams_handed_on_total", "",
                           "Datagrams that went to a worker on another thread."},
    [RECEIVE_KERNEL_DROPS] = {"simgate_datagrams_dropped_total", "reason=\"socket_full\"",
                              "Datagrams that were lost before a worker had them, by reason."},
    [RECEIVE_INBOX_DROPS] = {"simgate_datagrams_dropped_total", "reason=\"worker_busy\""},
};

union control {
    alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct source {
    struct receive_loop *loop;
    struct receive_socket socket;
    uv_poll_t poll;
    uint32_t kernel_drops; /* the socket's own counter, which wraps, when it was last read */
};

struct receive_loop {
    struct receive_settings settings;
    uv_loop_t own;   /* without a home */
    uv_loop_t *loop; /* `own`, or the home's */
    uv_async_t wake; /* to stop; without a home */
    pthread_t thread;
    bool has_own;
    bool started;
    struct source *sources;
    struct slab slots;
    struct datagram *batch[RECEIVE_BATCH];         /* slots to read into */
    const struct datagram *at_home[RECEIVE_BATCH]; /* of these, our own worker's */
    uint32_t at_home_count;
    bool woken[RECEIVE_WORKERS]; /* workers with something in their inbox */
    struct mmsghdr headers[RECEIVE_BATCH];
    struct iovec vectors[RECEIVE_BATCH];
    union net_sockaddr peers[RECEIVE_BATCH];
    union control controls[RECEIVE_BATCH];
    uint64_t counters[RECEIVE_COUNTERS];
};

/* Takes back the slots that the workers are through with. */
static void reclaim(struct receive_loop *l)
{
    for (uint32_t i = 0; i < l->settings.shard->workers; i++) {
        struct datagram *d;

        if (l->settings.workers[i] == l->settings.home)
            continue;
        while ((d = ring_pop(&worker_inbox(l->settings.workers[i], l->settings.index)->slots)))
            slab_give(&l->slots, d);
    }
}

/* Sees that each place of the batch has a slot; returns how many have. The kernel is asked for
 * control messages only where they tell something. */
static uint32_t fill_batch(struct receive_loop *l, bool wildcard)
{
    uint32_t i = 0;

    if (l->slots.capacity - l->slots.used < RECEIVE_BATCH)
        reclaim(l);
    for (; i < RECEIVE_BATCH; i++) {
        if (!l->batch[i])
            l->batch[i] = slab_take(&l->slots);
        if (!l->batch[i])
            break;
        l->vectors[i] = (struct iovec){.iov_base = l->batch[i]->bytes, .iov_len = DATAGRAM_MAX};
        l->headers[i].msg_hdr.msg_namelen = sizeof(l->peers[i]);
        l->headers[i].msg_hdr.msg_control = wildcard ? l->controls[i].bytes : NULL;
        l->headers[i].msg_hdr.msg_controllen = wildcard ? sizeof(l->controls[i]) : 0;
    }
    return i;
}

/* The address that the datagram was sent to. */
static void read_control(struct msghdr *header, struct net_address *local)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        struct in6_pktinfo v6;
        struct in_pktinfo v4;

        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&v4, CMSG_DATA(c), sizeof(v4));
            net_ip_from_v4(local->ip, &v4.ipi_addr);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            memcpy(&v6, CMSG_DATA(c), sizeof(v6));
            memcpy(local->ip, &v6.ipi6_addr, 16);
            local->scope = IN6_IS_ADDR_LINKLOCAL(&v6.ipi6_addr) ? v6.ipi6_ifindex : 0;
        }
    }
}

/* Fills in what came with the datagram. */
static struct datagram *describe(struct source *s, uint32_t i)
{
    struct receive_loop *l = s->loop;
    struct datagram *d = l->batch[i];
    struct msghdr *header = &l->headers[i].msg_hdr;

    net_address_from_sockaddr(&d->path.peer, &l->peers[i]);
    d->path.local = s->socket.local;
    d->path.listener = s->socket.listener;
    if (header->msg_controllen)
        read_control(header, &d->path.local);
    d->length = (uint16_t)l->headers[i].msg_len;
    d->truncated = header->msg_flags & MSG_TRUNC;
    counter_add(&l->counters[RECEIVE_BYTES], d->length);
    if (d->truncated)
        counter_add(&l->counters[RECEIVE_TRUNCATED], 1);
    return d;
}

/* Gives a datagram to a worker on another thread. */
static void hand_on(struct receive_loop *l, uint32_t i, uint32_t index)
{
    struct datagram *d = l->batch[i];

    if (!ring_push(&worker_inbox(l->settings.workers[index], l->settings.index)->datagrams, d)) {
        counter_add(&l->counters[RECEIVE_INBOX_DROPS], 1);
        return;
    }
    l->batch[i] = NULL;
    l->woken[index] = true;
    counter_add(&l->counters[RECEIVE_HANDED_ON], 1);
}

/* Sends a datagram on its way to the worker that its source, or its connection id, belongs to. What
 * is our own worker's stays, to be received together. */
static void dispatch(struct source *s, uint32_t i, const struct datagram *d)
{
    struct receive_loop *l = s->loop;
    uint32_t index;

    if (!s->socket.is_secure ||
        !shard_worker_by_cid(l->settings.shard, l->settings.node, d->bytes, d->length, &index))
        index = shard_worker(l->settings.shard, d->path.peer.ip);

    if (l->settings.workers[index] == l->settings.home)
        l->at_home[l->at_home_count++] = d;
    else
        hand_on(l, i, index);
}

static void wake_workers(struct receive_loop *l)
{
    for (uint32_t i = 0; i < l->settings.shard->workers; i++) {
        if (!l->woken[i])
            continue;
        l->woken[i] = false;
        ring_commit(&worker_inbox(l->settings.workers[i], l->settings.index)->datagrams);
        worker_wake(l->settings.workers[i]);
    }
}

/* All slots are with the workers, who need the processor more than we do: what comes waits in the
 * socket. A worker's own thread must not sleep. */
static void wait_for_slots(const struct receive_loop *l)
{
    if (!l->settings.home)
        nanosleep(&(struct timespec){.tv_nsec = SLOT_WAIT}, NULL);
}

/* Reads and dispatches one batch; false when the socket has no more. */
static bool receive_batch(struct source *s)
{
    struct receive_loop *l = s->loop;
    uint32_t room = fill_batch(l, s->socket.wildcard);
    int count = room ? recvmmsg(s->socket.fd, l->headers, room, MSG_DONTWAIT, NULL) : 0;

    if (!room)
        wait_for_slots(l);
    if (count <= 0)
        return false;
    counter_add(&l->counters[RECEIVE_DATAGRAMS], (uint64_t)count);
    l->at_home_count = 0;
    for (uint32_t i = 0; i < (uint32_t)count; i++)
        dispatch(s, i, describe(s, i));
    wake_workers(l);
    if (l->at_home_count)
        worker_receive(l->settings.home, l->at_home, l->at_home_count);
    return (uint32_t)count == room;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct source *s = poll->data;

    (void)events;
    for (int i = 0; status == 0 && i < RECEIVE_TURN; i++)
        if (!receive_batch(s))
            return;
}

static void close_handles(struct receive_loop *l)
{
    for (uint32_t i = 0; i < l->settings.socket_count; i++)
        uv_close((uv_handle_t *)&l->sources[i].poll, NULL);
    uv_close((uv_handle_t *)&l->wake, NULL);
}

static void on_stop(uv_async_t *wake)
{
    close_handles(wake->data);
}

static int open_sources(struct receive_loop *l, const struct receive_socket *sockets)
{
    l->sources = calloc(l->settings.socket_count, sizeof(*l->sources));
    if (!l->sources)
        return -ENOMEM;
    for (uint32_t i = 0; i < l->settings.socket_count; i++) {
        struct source *s = &l->sources[i];
        int error;

        s->loop = l;
        s->socket = sockets[i];
        s->poll.data = s;
        error = uv_poll_init(l->loop, &s->poll, s->socket.fd);
        if (!error)
            error = uv_poll_start(&s->poll, UV_READABLE, on_readable);
        if (error)
            return error;
    }
    return 0;
}

static int open_loop(struct receive_loop *l)
{
    int error;

    l->loop = l->settings.home ? worker_loop(l->settings.home) : &l->own;
    if (l->settings.home)
        return 0;
    error = uv_loop_init(&l->own);
    l->has_own = error == 0;
    l->wake.data = l;
    return error ? error : uv_async_init(&l->own, &l->wake, on_stop);
}

int receive_loop_open(struct receive_loop **loop, const struct receive_settings *settings)
{
    struct receive_loop *l = calloc(1, sizeof(*l));
    int error;

    *loop = l;
    if (!l)
        return -ENOMEM;
    l->settings = *settings;
    for (uint32_t i = 0; i < RECEIVE_BATCH; i++)
        l->headers[i].msg_hdr =
            (struct msghdr){.msg_name = &l->peers[i], .msg_iov = &l->vectors[i], .msg_iovlen = 1};
    error = slab_init(&l->slots, DATAGRAM_SLOT, receive_slots(settings->shard->workers));
    if (!error)
        error = open_loop(l);
    return error ? error : open_sources(l, settings->sockets);
}

static void *run(void *context)
{
    struct receive_loop *l = context;

    uv_run(&l->own, UV_RUN_DEFAULT);
    return NULL;
}

int receive_loop_start(struct receive_loop *l)
{
    char name[16];
    int error;

    if (l->settings.home)
        return 0;
    error = -pthread_create(&l->thread, NULL, run, l);
    l->started = error == 0;
    if (l->started) {
        snprintf(name, sizeof(name), "receive %u", l->settings.index);
        pthread_setname_np(l->thread, name);
    }
    return error;
}

void receive_loop_stop(struct receive_loop *l)
{
    if (!l->started)
        return;
    uv_async_send(&l->wake);
    pthread_join(l->thread, NULL);
    l->started = false;
}

void receive_loop_close(struct receive_loop *l)
{
    if (!l)
        return;
    if (l->has_own)
        uv_loop_close(&l->own);
    slab_deinit(&l->slots);
    free(l->sources);
    free(l);
}

/* Asked for here, and not with each datagram (SO_RXQ_OVFL), which costs each some 70 ns. */
void receive_loop_gather(struct receive_loop *l)
{
    for (uint32_t i = 0; l->sources && i < l->settings.socket_count; i++) {
        struct source *s = &l->sources[i];
        uint32_t values[SK_MEMINFO_VARS] = {0};
        socklen_t length = sizeof(values);

        if (getsockopt(s->socket.fd, SOL_SOCKET, SO_MEMINFO, values, &length))
            continue;
        counter_add(&l->counters[RECEIVE_KERNEL_DROPS], values[SK_MEMINFO_DROPS] - s->kernel_drops);
        s->kernel_drops = values[SK_MEMINFO_DROPS];
    }
}

const uint64_t *receive_loop_counts(const struct receive_loop *l)
{
    return l->counters;
}
