/* The workers here never run: what is handed to them stays in their inboxes. */
#include "gateway/listener.h"
#include "gateway/receive_loop.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define PATIENCE (10 * CLOCK_SECOND)

static struct store_session *open_session(struct store *store, struct uv_loop_s *loop,
                                          const struct store_observer *observer)
{
    struct store_session *s = calloc(1, sizeof(*s));

    (void)loop, (void)observer;
    if (s)
        s->ops = store->ops;
    return s;
}

static void close_session(struct store_session *session)
{
    free(session);
}

static const struct store_ops ops = {.session_open = open_session, .session_close = close_session};

struct fixture {
    struct store store;
    struct log log;
    struct shard shard;
    struct worker *workers[2];
    struct listener listener;
    struct receive_loop *loop;
};

static void open_fixture(struct fixture *f, uint32_t workers)
{
    struct listener_settings listener = {.sockets = 1, .receive_buffer = 16 << 20};
    struct worker_settings worker = {
        .receivers = 1, .slots = receive_slots(workers), .inbox = RECEIVE_INBOX};
    struct receive_settings receive = {
        .workers = f->workers, .shard = &f->shard, .socket_count = 1};
    struct receive_socket socket;
    struct net_address address;

    *f = (struct fixture){.store = {.ops = &ops}, .log = log_to_stderr(LOG_ERROR)};
    cr_assert_eq(shard_init(&f->shard, workers), 0);
    cr_assert(net_address_parse(&address, "127.0.0.1:0"));
    cr_assert_eq(listener_open(&f->listener, &address, &listener), 0);
    for (uint32_t i = 0; i < workers; i++)
        cr_assert_eq(worker_open(&f->workers[i], i, &worker, &f->store, &f->log), 0);
    socket = (struct receive_socket){.fd = f->listener.sockets[0], .local = f->listener.address};
    receive.sockets = &socket;
    cr_assert_eq(receive_loop_open(&f->loop, &receive), 0);
    cr_assert_eq(receive_loop_start(f->loop), 0);
}

static void close_fixture(struct fixture *f)
{
    receive_loop_stop(f->loop);
    for (int i = 0; i < 2; i++)
        worker_close(f->workers[i]);
    receive_loop_close(f->loop);
    listener_close(&f->listener);
}

/* A socket with a source address that belongs to the worker. */
static int device_of(const struct fixture *f, uint32_t worker)
{
    struct net_address source;
    union net_sockaddr s;
    socklen_t length;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    cr_assert(net_address_parse(&source, "127.0.0.2:0"));
    while (shard_worker(&f->shard, source.ip) != worker)
        source.ip[15]++;
    length = net_address_to_sockaddr(&source, &s);
    cr_assert_eq(bind(fd, &s.any, length), 0);
    length = net_address_to_sockaddr(&f->listener.address, &s);
    cr_assert_eq(connect(fd, &s.any, length), 0);
    return fd;
}

static uint64_t counted(const struct fixture *f, enum receive_counter counter)
{
    return counter_read(&receive_loop_counts(f->loop)[counter]);
}

/* Sends until the loop has counted so many. */
static void flood(const struct fixture *f, int fd, enum receive_counter counter, uint64_t until)
{
    uint64_t end = clock_now() + PATIENCE;

    while (counted(f, counter) < until && clock_now() < end)
        for (int i = 0; i < 100; i++)
            cr_assert_eq(send(fd, "x", 1, 0), 1);
    cr_assert_geq(counted(f, counter), until);
}

Test(receive_loop, a_flooded_worker_leaves_slots_for_the_others)
{
    struct fixture f;
    struct ring *inbox;
    uint64_t end = clock_now() + PATIENCE;
    int flooder, other;

    open_fixture(&f, 2);
    flooder = device_of(&f, 0);
    other = device_of(&f, 1);
    flood(&f, flooder, RECEIVE_INBOX_DROPS, 1);
    inbox = &worker_inbox(f.workers[1], 0)->datagrams;
    while (ring_depth(inbox) == 0 && clock_now() < end) {
        cr_assert_eq(send(other, "x", 1, 0), 1);
        usleep(1000);
    }
    cr_assert_gt(ring_depth(inbox), 0);
    cr_assert_eq(ring_depth(&worker_inbox(f.workers[0], 0)->datagrams), RECEIVE_INBOX);
    close(flooder);
    close(other);
    close_fixture(&f);
}

static uint64_t processor_time(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * CLOCK_SECOND +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * CLOCK_MICROSECOND;
}

Test(receive_loop, waits_for_slots_without_taking_the_processor)
{
    struct fixture f;
    uint64_t before;
    int device;

    open_fixture(&f, 1);
    device = device_of(&f, 0);
    flood(&f, device, RECEIVE_DATAGRAMS, RECEIVE_INBOX - RECEIVE_BATCH);
    for (int i = 0; i < 2 * RECEIVE_BATCH; i++)
        cr_assert_eq(send(device, "x", 1, 0), 1);
    before = processor_time();
    usleep(400000);
    cr_assert_lt(processor_time() - before, 200 * CLOCK_MILLISECOND);
    cr_assert_leq(counted(&f, RECEIVE_DATAGRAMS), RECEIVE_INBOX);
    close(device);
    close_fixture(&f);
}
