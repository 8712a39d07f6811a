#include "loadtest/driver.h"

#include "base/clock.h"
#include "base/pages.h"
#include "loadtest/device_socket.h"
#include "loadtest/operation.h"
#include "loadtest/traffic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Idle devices that are asked for one that can start. */
#define DEVICES_ASKED 64

/* Batches that a step takes from a socket at most. More than a step can cause: what waits to be
 * read must not look like what was not answered. */
#define BATCHES_MAX 16

static void init_devices(struct driver *d)
{
    const struct options *o = d->options;

    for (uint32_t i = 0; i < d->device_count; i++) {
        struct device *device = &d->devices[i];

        device_init(device, &d->random, (uint8_t)(i / o->devices), (uint8_t)o->nstart);
        device->socket = (uint8_t)sockets_of(&d->sockets, i);
        list_append(&d->idle, &device->idle);
    }
}

static int open_tables(struct driver *d, char problem[160])
{
    const struct options *o = d->options;
    int error = random_source_init(&d->random);

    if (error)
        return error;
    d->run = (uint32_t)random_next(&d->random) & NAMES_RUN_MASK;
    d->devices = pages_map(d->device_count * sizeof(*d->devices));
    if (!d->devices)
        return -ENOMEM;
    error = timer_heap_init(&d->timers, d->device_count);
    if (error)
        return error;
    init_devices(d);
    return associations_open(&d->associations, o, traffic_send_record, d, problem);
}

/* A device that is switched on has another port than before: the more of them, the longer it takes
 * until it has the first one again. */
static int open_sockets(struct driver *d, char problem[160])
{
    const struct options *o = d->options;
    uint32_t count = o->scenario == SCENARIO_RESUME ? SOCKETS_MAX : SOCKETS_USUAL;
    char text[NET_ADDRESS_TEXT], prefix[NET_ADDRESS_TEXT];
    uint8_t last[16];
    int error;

    sources_address(&d->sources, (o->rebind_address ? 2 : 1) * o->devices - 1, last);
    if (!net_ip_is_v4(last) && !device_socket_is_local(last)) {
        snprintf(problem, 160,
                 "%.45s is no address of this machine: ip -6 route add local %.45s/%u dev lo",
                 net_ip_format(last, text), net_ip_format(o->sources.ip, prefix), o->sources.bits);
        return -EADDRNOTAVAIL;
    }
    error = sockets_open(&d->sockets, count, &o->plain, &o->target);
    if (!error && options_open_loop(o))
        error = sockets_tell_times(&d->sockets);
    return error;
}

int driver_open(struct driver *d, const struct options *options, struct results *results,
                char problem[160])
{
    int error;

    *d = (struct driver){.options = options,
                         .results = results,
                         .sources = sources_in(&options->sources, (uint8_t)options->device_bits),
                         .device_count = options->devices * options->nstart};
    problem[0] = 0;
    list_init(&d->idle);
    requests_init(&d->requests, options);
    results->devices = results->devices_ready = options->devices;
    results->resumes = options->scenario == SCENARIO_RESUME;
    error = open_sockets(d, problem);
    if (!error)
        error = open_tables(d, problem);
    if (!error && options->verify)
        error = verify_open(&d->verify, options, d->run, problem);
    return error;
}

void driver_close(struct driver *d)
{
    verify_close(&d->verify);
    sockets_close(&d->sockets);
    associations_close(&d->associations);
    timer_heap_deinit(&d->timers);
    pages_unmap(d->devices, d->device_count * sizeof(*d->devices));
    d->devices = NULL;
}

void driver_prepare(struct driver *d, uint64_t now)
{
    d->preparing = true;
    d->results->devices_ready = 0;
    d->schedule = schedule_closed(d->options->preparing, now, 0, d->options->devices);
}

void driver_start(struct driver *d, uint64_t now)
{
    const struct options *o = d->options;

    if (d->preparing)
        d->results->devices_ready = d->prepared;
    d->preparing = false;
    if (!options_open_loop(o))
        d->schedule = schedule_closed(o->window, now, o->duration, o->count);
    else if (o->poisson)
        d->schedule = schedule_poisson(o->rate, o->seed, now, o->duration, o->count);
    else
        d->schedule = schedule_open(o->rate, now, o->duration, o->count);
}

/* Says why a start of the open loop is late, if it is: something was due and no device was free, or
 * we were too slow. */
static void count_lateness(struct driver *d, uint64_t since, uint64_t now)
{
    struct results_totals *t = &d->results->totals;
    uint64_t lateness = now - since;

    if (d->preparing || !schedule_is_open(&d->schedule))
        return;
    if (since <= d->starved_at) {
        t->blocked += lateness > RESULTS_LATE;
        return;
    }
    d->starts[d->start_count++] = since;
    if (lateness <= RESULTS_LATE)
        return;
    t->late++;
    if (lateness > t->lateness_max)
        t->lateness_max = lateness;
}

/* The next idle one that can start, or NULL: few cannot, where devices have more than one open
 * request by an association. */
static struct device *next_device(struct driver *d)
{
    for (uint32_t i = 0; i < DEVICES_ASKED && !list_is_empty(&d->idle); i++) {
        struct device *device = container_of(list_first(&d->idle), struct device, idle);

        if (operation_can_start(d, device))
            return device;
        list_remove(&device->idle);
        list_append(&d->idle, &device->idle);
    }
    return NULL;
}

/* Returns the number of started operations. */
static int start_operations(struct driver *d, uint64_t now)
{
    struct device *device = next_device(d);
    int started = 0;
    uint64_t since;

    if (d->starving)
        d->starved_at = now;
    while (started < DRIVER_STARTS && device &&
           schedule_take(&d->schedule, now, (uint32_t)d->results->in_flight, &since)) {
        list_remove(&device->idle);
        count_lateness(d, since, now);
        operation_start(d, device, since, now);
        started++;
        device = next_device(d);
    }
    d->starving = !device;
    return started;
}

/* Sends what is queued. Returns 0 or -errno. */
static int flush(struct driver *d)
{
    int error = sockets_flush(&d->sockets);
    uint64_t now = d->start_count > 0 ? clock_now() : 0;

    for (uint32_t i = 0; i < d->start_count; i++)
        results_delay_record(&d->results->sent_late, now - d->starts[i]);
    d->start_count = 0;
    return error;
}

static void expire_timers(struct driver *d, uint64_t now)
{
    struct timer_node *node;

    while ((node = timer_heap_expire(&d->timers, now)))
        operation_expire(d, container_of(node, struct device, timer), now);
}

/* A device that was switched off and on hears nothing at the ports that it had before. */
static bool hears(const struct driver *d, uint32_t device, uint32_t socket)
{
    return d->options->scenario != SCENARIO_RESUME || d->devices[device].socket == socket;
}

static void handle(struct driver *d, uint32_t socket, uint32_t number, uint64_t now)
{
    struct sockets_datagram in;
    enum sockets_target from = sockets_datagram(&d->sockets, number, &in);
    uint32_t device = sources_device(&d->sources, in.device);

    if (!d->preparing && schedule_is_open(&d->schedule))
        results_delay_record(&d->results->read_late, in.waited);
    if (traffic_loses(d)) {
        d->results->totals.dropped_in++;
        return;
    }
    if (d->options->rebind_address && device != SOURCES_NONE && device >= d->options->devices)
        device -= d->options->devices; /* its second address */
    if (from == SOCKETS_STRANGER || device >= d->options->devices || !hears(d, device, socket)) {
        d->results->totals.strays++;
        return;
    }
    if (d->options->secure && from == SOCKETS_SECURE)
        operation_receive_record(d, device, in.bytes, in.length, now);
    else
        operation_receive(d, device, in.bytes, in.length, now);
}

/* What is due starts between two batches too: a long queue of answers must not keep it waiting.
 * Returns 0 or -errno. */
static int start_between(struct driver *d, uint64_t now)
{
    return schedule_is_open(&d->schedule) && schedule_next(&d->schedule) <= now &&
                   start_operations(d, now) > 0
               ? flush(d)
               : 0;
}

/* Returns the number of received datagrams or -errno. */
static int receive_from(struct driver *d, uint32_t socket)
{
    int received = 0, count = SOCKETS_BATCH, error = 0;

    for (int batch = 0; batch < BATCHES_MAX && count == SOCKETS_BATCH && !error; batch++) {
        uint64_t now;

        count = sockets_receive(&d->sockets, socket);
        if (count < 0)
            return count;
        now = clock_now();
        for (int i = 0; i < count; i++)
            handle(d, socket, (uint32_t)i, now);
        received += count;
        if (count == SOCKETS_BATCH)
            error = start_between(d, clock_now());
    }
    return error ? error : received;
}

/* Returns the number of received datagrams or -errno. */
static int receive_datagrams(struct driver *d)
{
    int received = 0;

    for (uint32_t socket = 0; socket < d->sockets.count; socket++) {
        int count = receive_from(d, socket);

        if (count < 0)
            return count;
        received += count;
    }
    return received;
}

/* What comes next without a datagram: a timer, or a start that has a device. */
static uint64_t next_deadline(const struct driver *d)
{
    uint64_t timer = timer_heap_deadline(&d->timers);
    uint64_t start = CLOCK_NEVER;

    if (schedule_is_open(&d->schedule) && !d->starving)
        start = schedule_next(&d->schedule);
    return timer < start ? timer : start;
}

static int wait_for_work(struct driver *d, uint64_t until)
{
    uint64_t deadline = next_deadline(d);
    uint64_t now = clock_now();

    if (until < deadline)
        deadline = until;
    return sockets_wait(&d->sockets, deadline > now ? deadline - now : 0);
}

int driver_step(struct driver *d, uint64_t until)
{
    int received = receive_datagrams(d), started, error;
    uint64_t now = clock_now();

    if (received < 0)
        return received;
    expire_timers(d, now);
    started = start_operations(d, now);
    if (started == 0)
        traffic_release(d);
    error = flush(d);
    if (error || d->error)
        return error ? error : d->error;
    return started + received > 0 ? 0 : wait_for_work(d, until);
}

bool driver_is_drained(struct driver *d, uint64_t now)
{
    return d->results->in_flight == 0 && schedule_overdue(&d->schedule, now) == 0;
}

void driver_count_datagrams(struct driver *d)
{
    struct results_totals *t = &d->results->totals;

    t->datagrams_sent = d->sockets.datagrams_sent;
    t->datagrams_received = d->sockets.datagrams_received;
    t->kernel_drops = sockets_kernel_drops(&d->sockets);
}

/* Devices that have used a Message ID again within EXCHANGE_LIFETIME: a server may take their
 * requests for duplicates (RFC 7252 §4.4). */
static uint32_t count_overused(const struct driver *d, uint64_t elapsed)
{
    double lifetimes = (double)elapsed / (COAP_EXCHANGE_LIFETIME * (double)CLOCK_SECOND);
    double most = 65536.0 / d->options->nstart * (lifetimes > 1 ? lifetimes : 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < d->device_count; i++)
        count += d->devices[i].requests > most;
    return count;
}

int driver_finish(struct driver *d, uint64_t now)
{
    struct results_totals *t = &d->results->totals;

    t->open = d->results->in_flight;
    t->unsent = schedule_overdue(&d->schedule, now);
    t->due = t->sent + t->unsent;
    t->ids_overused = count_overused(d, now - d->schedule.start);
    return sockets_flush(&d->sockets); /* the acknowledgements of the last answers */
}

uint32_t driver_sent_by(const void *driver, uint32_t device)
{
    const struct driver *d = driver;
    uint32_t most = 0;

    for (uint32_t i = device; i < d->device_count; i += d->options->devices)
        if (d->devices[i].messages > most)
            most = d->devices[i].messages;
    return most * d->options->nstart;
}
