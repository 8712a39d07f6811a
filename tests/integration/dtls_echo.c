/*
 * The facade of workers/dtls/ on a UDP socket of 127.0.0.1, for trying real clients: it decrypts
 * and sends back what came. CoAP requests are answered 2.05 with "hello", so that CoAP clients are
 * happy. Every client has the identity and the key that are given.
 *
 *     dtls_echo PORT IDENTITY KEY [identity|address]
 *
 * What happens is told on standard output, and what was counted when SIGTERM or SIGINT ends it.
 */
#include "base/clock.h"
#include "base/writer.h"
#include "workers/dtls/dtls.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct echo {
    int fd;
    struct dtls dtls;
    struct dtls_psk psk;
    struct random_source random;
};

static void on_datagram(void *context, const struct datagram_path *path, const uint8_t *bytes,
                        size_t length)
{
    struct echo *e = context;
    union net_sockaddr to;
    socklen_t to_length = net_address_to_sockaddr(&path->peer, &to);

    if (sendto(e->fd, bytes, length, 0, &to.any, to_length) < 0)
        perror("sendto");
}

/* A CoAP request has version 1 and a code of class 0 that is not empty. */
static bool is_request(const uint8_t *bytes, size_t length)
{
    return length >= 4 && bytes[0] >> 6 == 1 && bytes[1] > 0 && bytes[1] < 32;
}

static void on_message(void *context, const struct association *a, const uint8_t *bytes,
                       size_t length)
{
    struct echo *e = context;
    uint8_t response[64];
    struct writer w = writer_over(response, sizeof(response));

    printf("message of %zu bytes from \"%s\"\n", length, a->identity);
    if (!is_request(bytes, length)) {
        dtls_send(&e->dtls, clock_now(), a->id, bytes, length);
        return;
    }
    writer_u8(&w, (bytes[0] & 0x4f) | 0x20); /* an ACK with the same token */
    writer_u8(&w, 0x45);
    writer_bytes(&w, bytes + 2, 2 + (bytes[0] & 0x0f));
    writer_literal(&w, "\xffhello");
    dtls_send(&e->dtls, clock_now(), a->id, response, writer_length(&w));
}

static void on_lookup(void *context, const struct association *a, const char *identity)
{
    struct echo *e = context;
    bool known = !identity || strcmp(identity, e->psk.identity) == 0;

    printf("look-up %s\n", identity ? identity : "by address");
    dtls_psk_answer(&e->dtls, clock_now(), a->id, known ? &e->psk : NULL);
}

static void on_established(void *context, const struct association *a, uint32_t key)
{
    printf("established: \"%s\", suite %04x, %s connection id\n", a->identity,
           session_suite(a->session), a->filter.cid ? "with" : "without");
}

static void on_mismatch(void *context, const struct association *a, const char *claimed)
{
    printf("mismatch: claims to be \"%s\"\n", claimed);
}

static bool on_move(void *context, const struct association *a, const struct datagram_path *to)
{
    printf("moved: \"%s\"\n", a->identity);
    return true;
}

static void on_ended(void *context, const struct association *a)
{
    printf("ended: \"%s\"\n", a->identity);
}

static void print_counters(const struct echo *e)
{
    for (int i = 0; i < DTLS_COUNTERS; i++)
        if (e->dtls.counters[i] > 0)
            printf("    %s{%s} %lu\n", dtls_counters[i].name, dtls_counters[i].labels,
                   e->dtls.counters[i]);
}

static void receive(struct echo *e)
{
    struct datagram_path path = {0};
    union net_sockaddr from;
    socklen_t from_length = sizeof(from);
    uint8_t bytes[DATAGRAM_MAX];
    ssize_t length = recvfrom(e->fd, bytes, sizeof(bytes), 0, &from.any, &from_length);

    if (length <= 0)
        return;
    net_address_from_sockaddr(&path.peer, &from);
    dtls_receive(&e->dtls, clock_now(), &path, bytes, (size_t)length);
    fflush(stdout);
}

static int wait_ms(const struct echo *e)
{
    uint64_t deadline = dtls_deadline(&e->dtls), now = clock_now();

    if (deadline == CLOCK_NEVER || deadline > now + 60 * CLOCK_SECOND)
        return 60000;
    return deadline > now ? (int)((deadline - now) / CLOCK_MILLISECOND) + 1 : 0;
}

static void serve(struct echo *e, int stop)
{
    struct pollfd ready[2] = {{.fd = e->fd, .events = POLLIN}, {.fd = stop, .events = POLLIN}};

    for (;;) {
        poll(ready, 2, wait_ms(e));
        if (ready[0].revents)
            receive(e);
        if (ready[1].revents)
            return;
        dtls_advance(&e->dtls, clock_now());
    }
}

/* A descriptor that is readable when the program is to end. */
static int open_stop(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int open_socket(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0)
        return -1;
    getsockname(fd, (struct sockaddr *)&address, &length);
    printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    static struct echo e;
    struct dtls_handler handler = {&e,          on_datagram, on_message, on_lookup, on_established,
                                   on_mismatch, on_move,     on_ended};
    struct dtls_settings settings = {.associations = 1024,
                                     .associations_of_source = 1024,
                                     .handshakes = 64,
                                     .handshakes_of_source = 64,
                                     .retransmit_timeout = CLOCK_SECOND,
                                     .handshake_timeout = 60 * CLOCK_SECOND,
                                     .idle_timeout = 600 * CLOCK_SECOND,
                                     .cookie_life = 60 * CLOCK_SECOND,
                                     .connection_ids = true};
    int stop = open_stop();

    if (argc < 4) {
        fputs("Usage: dtls_echo PORT IDENTITY KEY [identity|address]\n", stderr);
        return 2;
    }
    settings.lookup_by_identity = argc > 4 && strcmp(argv[4], "identity") == 0;
    e.psk.count = 1;
    snprintf(e.psk.identity, sizeof(e.psk.identity), "%s", argv[2]);
    e.psk.keys[0].length =
        (uint16_t)snprintf((char *)e.psk.keys[0].bytes, SESSION_KEY_ROOM, "%s", argv[3]);
    e.fd = open_socket(argv[1]);
    if (e.fd < 0 || stop < 0 || random_source_init(&e.random) != 0 ||
        dtls_init(&e.dtls, &settings, &handler, &e.random) != 0) {
        perror("dtls_echo");
        return 1;
    }
    serve(&e, stop);
    print_counters(&e);
    dtls_deinit(&e.dtls);
    close(e.fd);
    return 0;
}
