#include "loadtest/traffic.h"

#include <string.h>

static bool happens(struct driver *d, double share)
{
    return share > 0 && (double)(random_next(&d->random) >> 11) * 0x1p-53 < share;
}

bool traffic_loses(struct driver *d)
{
    return happens(d, d->options->loss);
}

static void send_bytes(struct driver *d, const struct device *device, enum sockets_target target,
                       size_t length)
{
    uint8_t from[16];
    uint32_t number = driver_number(d, device);

    if (device->moved)
        number += d->options->devices;
    sources_address(&d->sources, number, from);
    sockets_send(&d->sockets, device->socket, from, target, length);
}

static void hold(struct driver *d, const struct device *device, enum sockets_target target,
                 size_t length)
{
    d->held.device = (uint32_t)(device - d->devices);
    d->held.target = target;
    d->held.length = (uint16_t)length;
    memcpy(d->held.bytes, sockets_room(&d->sockets, device->socket), length);
    d->results->totals.reordered++;
}

void traffic_release(struct driver *d)
{
    const struct device *device = &d->devices[d->held.device];
    size_t length = d->held.length;

    if (length == 0)
        return;
    d->held.length = 0;
    memcpy(sockets_room(&d->sockets, device->socket), d->held.bytes, length);
    send_bytes(d, device, d->held.target, length);
}

/* What is in the room of the device's socket. */
static void send_room(struct driver *d, const struct device *device, enum sockets_target target,
                      size_t length)
{
    if (traffic_loses(d)) {
        d->results->totals.dropped_out++;
        return;
    }
    if (d->held.length == 0 && happens(d, d->options->reorder)) {
        hold(d, device, target, length);
        return;
    }
    send_bytes(d, device, target, length);
    traffic_release(d);
}

void traffic_send_record(void *driver, uint32_t number, const uint8_t *bytes, size_t length)
{
    struct driver *d = driver;
    struct device *device = &d->devices[number];

    if (length > SOCKETS_ROOM)
        return; /* longer than wolfSSL's MTU: it never is */
    memcpy(sockets_room(&d->sockets, device->socket), bytes, length);
    send_room(d, device, SOCKETS_SECURE, length);
}

/* A broken association shows when its request is not answered. */
static void send_message(struct driver *d, const struct device *device, bool secure,
                         const uint8_t *bytes, size_t length)
{
    if (secure)
        dtls_client_write(driver_association(d, device)->client, bytes, length);
    else
        send_room(d, device, SOCKETS_PLAIN, length);
}

void traffic_request(struct driver *d, const struct device *device)
{
    bool secure = d->options->secure && device->step != RESULTS_BOOTSTRAP;
    struct message_name name = {
        .run = d->run, .device = driver_number(d, device), .sequence = traffic_sequence(device)};
    bool twice = happens(d, d->options->duplicates);
    uint8_t clear[SOCKETS_ROOM];

    for (int i = 0; i <= twice; i++) {
        uint8_t *room = secure ? clear : sockets_room(&d->sockets, device->socket);

        send_message(d, device, secure, room,
                     requests_write(&d->requests, device, &name, room, SOCKETS_ROOM));
    }
    d->results->totals.duplicates += twice;
}

void traffic_reply(struct driver *d, const struct device *device, enum device_reply reply,
                   uint16_t id, bool secure)
{
    uint8_t clear[COAP_HEADER_SIZE];
    uint8_t *room = secure ? clear : sockets_room(&d->sockets, device->socket);
    struct writer w = writer_over(room, COAP_HEADER_SIZE);

    if (reply == DEVICE_SILENT)
        return;
    coap_write_empty(&w, reply == DEVICE_SENDS_ACK ? COAP_ACK : COAP_RST, id);
    send_message(d, device, secure, room, writer_length(&w));
}

void traffic_disturb(struct driver *d, struct device *device)
{
    bool secure = d->options->secure;
    uint8_t clear[SOCKETS_ROOM];
    uint8_t *room = secure ? clear : sockets_room(&d->sockets, device->socket);
    size_t length;

    if (!happens(d, d->options->malformed) || (secure && !driver_association(d, device)->connected))
        return;
    length =
        requests_write_malformed(device, (uint32_t)random_next(&d->random), room, SOCKETS_ROOM);
    send_message(d, device, secure, room, length);
    d->results->totals.malformed++;
}

void traffic_move(struct driver *d, struct device *device)
{
    bool rebinds = happens(d, d->options->rebind);

    /* an association has one port, whichever exchange it is for */
    if (d->options->secure)
        device = &d->devices[driver_number(d, device)];

    /* so does one that was switched off and on, which is no rebinding */
    if (rebinds || d->options->scenario == SCENARIO_RESUME)
        device->socket = (uint8_t)((device->socket + 1) % d->sockets.count);
    if (!rebinds)
        return;
    if (d->options->rebind_address)
        device->moved = !device->moved;
    d->results->totals.rebinds++;
}
