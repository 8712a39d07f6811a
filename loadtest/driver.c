#include "loadtest/driver.h"

#include "base/clock.h"
#include "base/pages.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Starts a step makes at most, so that answers do not wait behind a long backlog. */
#define STARTS_MAX 256

static size_t write_body(const struct options *o, uint8_t *body)
{
    struct writer w = writer_over(body, DRIVER_BODY_MAX);
    char query[OPTIONS_TOPIC_MAX + 3];
    uint16_t last = 0;

    coap_write_option(&w, &last, COAP_OPTION_URI_PATH, "data", 4);
    snprintf(query, sizeof(query), "t=%s", o->topic);
    if (*o->topic)
        coap_write_option(&w, &last, COAP_OPTION_URI_QUERY, query, strlen(query));
    if (o->payload)
        writer_u8(&w, COAP_PAYLOAD_MARKER);
    for (uint32_t i = 0; i < o->payload; i++)
        writer_u8(&w, (uint8_t)('0' + i % 10));
    return writer_length(&w);
}

int driver_open(struct driver *d, const struct options *options)
{
    uint32_t count = options->devices;
    size_t body_length;
    int error;

    *d = (struct driver){.options = options, .sources = sources_in(&options->sources)};
    list_init(&d->idle);
    body_length = write_body(options, d->body);
    d->devices = pages_map(count * sizeof(*d->devices));
    if (!d->devices)
        return -ENOMEM;
    error = random_source_init(&d->random);
    if (!error)
        error = timer_heap_init(&d->timers, count);
    if (!error)
        error = sockets_open(&d->sockets, &options->target, d->body, body_length);
    for (uint32_t i = 0; !error && i < count; i++) {
        device_init(&d->devices[i], &d->random);
        list_append(&d->idle, &d->devices[i].idle);
    }
    return error;
}

void driver_close(struct driver *d)
{
    sockets_close(&d->sockets);
    timer_heap_deinit(&d->timers);
    pages_unmap(d->devices, d->options->devices * sizeof(*d->devices));
    d->devices = NULL;
}

void driver_start(struct driver *d, uint64_t now)
{
    const struct options *o = d->options;

    if (o->rate > 0)
        d->schedule = schedule_open(o->rate, now, o->duration, o->count);
    else
        d->schedule = schedule_closed(o->window, now, o->duration, o->count);
}

static uint32_t index_of(const struct driver *d, const struct device *device)
{
    return (uint32_t)(device - d->devices);
}

static int send_head(struct driver *d, uint32_t index, const struct writer *w, bool with_body)
{
    return sockets_send(&d->sockets, sockets_of(index), sources_address(&d->sources, index),
                        w->start, writer_length(w), with_body);
}

static int transmit(struct driver *d, struct device *device, uint64_t now)
{
    uint8_t head[SOCKETS_HEAD];
    struct writer w = writer_over(head, sizeof(head));

    device_write_header(device, &w, d->options->confirmable);
    timer_arm(&d->timers, &device->timer, now + device->patience);
    return send_head(d, index_of(d, device), &w, true);
}

static void release(struct driver *d, struct device *device)
{
    timer_disarm(&d->timers, &device->timer);
    list_append(&d->idle, &device->idle);
    d->open--;
}

/* Returns the number of started requests or -errno. */
static int start_requests(struct driver *d, uint64_t now)
{
    uint64_t since;
    int started = 0;

    while (started < STARTS_MAX && !list_is_empty(&d->idle) &&
           schedule_take(&d->schedule, now, d->open, &since)) {
        struct device *device = container_of(list_first(&d->idle), struct device, idle);
        int error;

        list_remove(&device->idle);
        d->open++;
        d->tally.sent++;
        device_begin(device, &d->random, d->options->confirmable, since);
        error = transmit(d, device, now);
        if (error)
            return error;
        started++;
    }
    return started;
}

static int expire_timers(struct driver *d, uint64_t now)
{
    struct timer_node *node;
    int error = 0;

    while (!error && (node = timer_heap_expire(&d->timers, now))) {
        struct device *device = container_of(node, struct device, timer);

        if (device_expire(device, d->options->confirmable)) {
            d->tally.retransmissions++;
            error = transmit(d, device, now);
        } else {
            d->tally.timeouts++;
            release(d, device);
        }
    }
    return error;
}

static int send_reply(struct driver *d, uint32_t index, enum device_reply reply, uint16_t id)
{
    uint8_t head[SOCKETS_HEAD];
    struct writer w = writer_over(head, sizeof(head));

    if (reply == DEVICE_SILENT)
        return 0;
    coap_write_empty(&w, reply == DEVICE_SENDS_ACK ? COAP_ACK : COAP_RST, id);
    return send_head(d, index, &w, false);
}

static void account(struct driver *d, struct device *device, enum device_event event, uint8_t code,
                    uint64_t now)
{
    switch (event) {
    case DEVICE_STRAY:
        d->tally.strays++;
        return;
    case DEVICE_REPEATED:
        d->tally.repeated++;
        return;
    case DEVICE_ACKED:
        d->tally.acknowledged++;
        timer_arm(&d->timers, &device->timer, now + device->patience);
        return;
    case DEVICE_RESET:
        d->tally.resets++;
        break;
    case DEVICE_ANSWERED:
        d->last_answer = now;
        tally_answer(&d->tally, code, d->options->echo || COAP_CODE_CLASS(code) == 2,
                     now - device->since);
        break;
    }
    release(d, device);
}

/* The device that a received datagram is for, or NULL; `m` is what it holds. */
static struct device *addressee(struct driver *d, uint32_t number, struct coap_message *m)
{
    struct sockets_datagram in;
    bool expected = sockets_datagram(&d->sockets, number, &in);
    uint32_t index = sources_device(&d->sources, in.device);

    if (!expected || index >= d->options->devices)
        return NULL;
    if (coap_message_parse(m, in.bytes, in.length) != COAP_PARSED)
        return NULL;
    return &d->devices[index];
}

static int handle(struct driver *d, uint32_t number, uint64_t now)
{
    struct coap_message m;
    struct device *device = addressee(d, number, &m);
    struct device_reaction reaction;

    if (!device) {
        d->tally.strays++;
        return 0;
    }
    reaction = d->options->echo ? device_receive_echo(device, &m) : device_receive(device, &m);
    account(d, device, reaction.event, m.code, now);
    return send_reply(d, index_of(d, device), reaction.reply, m.id);
}

/* Returns the number of received datagrams or -errno. */
static int receive_datagrams(struct driver *d)
{
    int received = 0;

    for (uint32_t socket = 0; socket < SOCKETS_COUNT; socket++) {
        int count = sockets_receive(&d->sockets, socket);
        uint64_t now = clock_now();

        for (int i = 0; i < count; i++) {
            int error = handle(d, (uint32_t)i, now);

            if (error)
                return error;
        }
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

    if (d->options->rate > 0 && !list_is_empty(&d->idle))
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
    uint64_t now = clock_now();
    int started, received;
    int error = expire_timers(d, now);

    if (error)
        return error;
    started = start_requests(d, now);
    if (started < 0)
        return started;
    error = sockets_flush(&d->sockets);
    if (error)
        return error;
    received = receive_datagrams(d);
    if (received < 0)
        return received;
    return started + received > 0 ? 0 : wait_for_work(d, until);
}

bool driver_is_drained(const struct driver *d, uint64_t now)
{
    return d->open == 0 && schedule_overdue(&d->schedule, now) == 0;
}

int driver_finish(struct driver *d, uint64_t now)
{
    d->tally.open = d->open;
    d->tally.unsent = schedule_overdue(&d->schedule, now);
    return sockets_flush(&d->sockets); /* the acknowledgements of the last answers */
}

uint32_t driver_overused(const struct driver *d, uint64_t elapsed)
{
    double lifetimes = (double)elapsed / (COAP_EXCHANGE_LIFETIME * (double)CLOCK_SECOND);
    double most = 65536 * (lifetimes > 1 ? lifetimes : 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < d->options->devices; i++)
        count += d->devices[i].requests > most;
    return count;
}
