/*
 * What CoAPS costs a gateway beside plain CoAP, with sockets: devices at 127.1.0.1 and up shake
 * hands and then send requests, a window of them at a time, by UDP and by
 * DTLS in turn. The gateway's processor time is read from /proc.
 *
 *     bench_coaps PID COAP_PORT COAPS_PORT DEVICES WINDOW REQUESTS
 *
 * Device n has the PSK identity 8988280666000000000 + n and the key "sixteencharsskey": see
 * bench_coaps.py, which starts the gateway.
 */
#include "base/clock.h"
#include "base/writer.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#define KEY      "sixteencharsskey"
#define PATIENCE 1000 /* milliseconds */
#define ROUNDS   4

struct device {
    int plain, secure; /* sockets */
    WOLFSSL *tls;
    uint64_t iccid;
    uint16_t message_id;
    bool connected;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* User and system time of the gateway, microseconds. */
static uint64_t cpu_time(const char *pid)
{
    uint64_t user, system;
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    f = fopen(path, "re");
    if (!f ||
        fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
               &user, &system) != 2)
        fail(path);
    fclose(f);
    return (user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static int open_socket(uint32_t number, uint16_t port)
{
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    from.sin_addr.s_addr = htonl(0x7f010000 + number);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        fail("socket");
    return fd;
}

static ssize_t wait_and_receive(int fd, void *bytes, size_t room, bool is_eager)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    if (is_eager)
        return recv(fd, bytes, room, MSG_DONTWAIT);
    return poll(&readable, 1, PATIENCE) > 0 ? recv(fd, bytes, room, 0) : -1;
}

static int take(WOLFSSL *tls, char *buffer, int room, void *context)
{
    const struct device *d = context;
    ssize_t length = wait_and_receive(d->secure, buffer, (size_t)room, !d->connected);

    return length > 0 ? (int)length : WOLFSSL_CBIO_ERR_WANT_READ;
}

static int give(WOLFSSL *tls, char *bytes, int length, void *context)
{
    return (int)send(((struct device *)context)->secure, bytes, (size_t)length, 0);
}

static unsigned int give_key(WOLFSSL *tls, const char *hint, char *identity, unsigned int room,
                             unsigned char *key, unsigned int key_room)
{
    const struct device *d = wolfSSL_get_psk_callback_ctx(tls);

    snprintf(identity, room, "%" PRIu64, d->iccid);
    memcpy(key, KEY, sizeof(KEY) - 1);
    return sizeof(KEY) - 1;
}

static void begin_session(struct device *d, WOLFSSL_CTX *context)
{
    d->tls = wolfSSL_new(context);
    wolfSSL_SetIOReadCtx(d->tls, d);
    wolfSSL_SetIOWriteCtx(d->tls, d);
    wolfSSL_set_psk_callback_ctx(d->tls, d);
    wolfSSL_dtls_set_using_nonblock(d->tls, 1);
}

/* Whether the handshake is through. */
static bool go_on(struct device *d)
{
    d->connected = d->connected || wolfSSL_connect(d->tls) == WOLFSSL_SUCCESS;
    if (!d->connected && wolfSSL_get_error(d->tls, 0) != WOLFSSL_ERROR_WANT_READ)
        fail("handshake");
    return d->connected;
}

/* A window of handshakes at a time. Nothing is lost on the way, so nothing is sent again. */
static void shake_hands(struct device *devices, uint32_t count, uint32_t window,
                        WOLFSSL_CTX *context)
{
    for (uint32_t first = 0; first < count; first += window) {
        uint32_t left = 1, end = first + window < count ? first + window : count;

        for (uint32_t i = first; i < end; i++)
            begin_session(&devices[i], context);
        while (left) {
            left = 0;
            for (uint32_t i = first; i < end; i++)
                left += !go_on(&devices[i]);
        }
    }
}

/* A confirmable POST on the root, with 20 bytes of payload. */
static size_t write_request(struct device *d, uint8_t bytes[64])
{
    struct writer w = writer_over(bytes, 64);

    writer_u16(&w, 0x4002);
    writer_u16(&w, d->message_id++);
    writer_u8(&w, 0xff);
    writer_bytes(&w, "12345678901234567890", 20);
    return writer_length(&w);
}

static void send_request(struct device *d, bool by_dtls)
{
    uint8_t bytes[64];
    size_t length = write_request(d, bytes);

    if (by_dtls ? wolfSSL_write(d->tls, bytes, (int)length) <= 0
                : send(d->plain, bytes, length, 0) < 0)
        fail("send");
}

static void expect_changed(struct device *d, bool by_dtls)
{
    uint8_t bytes[64];
    ssize_t length = by_dtls ? wolfSSL_read(d->tls, bytes, sizeof(bytes))
                             : wait_and_receive(d->plain, bytes, sizeof(bytes), false);

    if (length < 4 || bytes[1] != 0x44)
        fail("no 2.04");
}

static void send_requests(struct device *devices, uint32_t count, uint32_t window,
                          uint32_t requests, bool by_dtls)
{
    for (uint32_t sent = 0; sent < requests; sent += window) {
        for (uint32_t i = 0; i < window; i++)
            send_request(&devices[(sent + i) % count], by_dtls);
        for (uint32_t i = 0; i < window; i++)
            expect_changed(&devices[(sent + i) % count], by_dtls);
    }
}

static void report(const char *what, uint64_t count, uint64_t cpu, uint64_t nanoseconds)
{
    printf("%-10s %9.2f us of the gateway's CPU each, %9.0f a second\n", what,
           (double)cpu / (double)count, (double)count * 1e9 / (double)nanoseconds);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 6 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
    struct device *devices = calloc(count + 1, sizeof(*devices));
    uint32_t window, requests;
    uint64_t cpu, began;
    WOLFSSL_CTX *context;

    if (argc < 7 || !devices)
        return 2;
    window = (uint32_t)strtoul(argv[5], NULL, 10);
    requests = (uint32_t)strtoul(argv[6], NULL, 10) / window * window;
    wolfSSL_Init();
    context = wolfSSL_CTX_new(wolfDTLSv1_2_client_method());
    wolfSSL_CTX_SetIORecv(context, take);
    wolfSSL_CTX_SetIOSend(context, give);
    wolfSSL_CTX_set_psk_client_callback(context, give_key);
    wolfSSL_CTX_set_cipher_list(context, "PSK-AES128-CCM-8");
    for (uint32_t i = 0; i < count; i++) {
        devices[i].iccid = UINT64_C(8988280666000000000) + i;
        devices[i].plain = open_socket(i, (uint16_t)strtoul(argv[2], NULL, 10));
        devices[i].secure = open_socket(i, (uint16_t)strtoul(argv[3], NULL, 10));
    }
    cpu = cpu_time(argv[1]);
    began = clock_now();
    shake_hands(devices, count, window, context);
    report("handshakes", count, cpu_time(argv[1]) - cpu, clock_now() - began);
    for (int round = 0; round < 2 * ROUNDS; round++) {
        cpu = cpu_time(argv[1]);
        began = clock_now();
        send_requests(devices, count, window, requests, round % 2);
        report(round % 2 ? "by DTLS" : "by UDP", requests, cpu_time(argv[1]) - cpu,
               clock_now() - began);
    }
    return 0;
}
