/*
 * A device with DTLS that can change its address: wolfSSL's client on a UDP socket, with a
 * connection id if that is wanted (RFC 9146), which no client in Debian offers.
 *
 *     dtls_device PORT IDENTITY KEY SOURCE [cid]
 *
 * PORT is the gateway's on 127.0.0.1, SOURCE the device's address. It shakes hands, prints
 * "connected", and then does what it is told on standard input, a line each:
 *
 *     send HEX       sends bytes as one record
 *     receive        prints "received HEX", or "nothing" after a second
 *     move SOURCE    goes on from another address, or another port of the same
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#define PATIENCE     1000 /* milliseconds */
#define ATTEMPTS     10
#define MESSAGE_ROOM 2048

struct device {
    int fd;
    uint16_t port;
    const char *identity;
    const char *key;
    WOLFSSL *tls;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* A new socket at an address of the loopback network. */
static void move(struct device *d, const char *source)
{
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};

    if (d->fd >= 0)
        close(d->fd);
    d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons(d->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (inet_pton(AF_INET, source, &from.sin_addr) != 1 ||
        bind(d->fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
        connect(d->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        fail(source);
}

static int take(WOLFSSL *tls, char *buffer, int room, void *context)
{
    const struct device *d = context;
    struct pollfd readable = {.fd = d->fd, .events = POLLIN};
    ssize_t length = poll(&readable, 1, PATIENCE) > 0 ? recv(d->fd, buffer, (size_t)room, 0) : 0;

    return length > 0 ? (int)length : WOLFSSL_CBIO_ERR_WANT_READ;
}

static int give(WOLFSSL *tls, char *bytes, int length, void *context)
{
    const struct device *d = context;

    return send(d->fd, bytes, (size_t)length, 0) < 0 ? WOLFSSL_CBIO_ERR_GENERAL : length;
}

static unsigned int give_key(WOLFSSL *tls, const char *hint, char *identity, unsigned int room,
                             unsigned char *key, unsigned int key_room)
{
    const struct device *d = wolfSSL_get_psk_callback_ctx(tls);

    snprintf(identity, room, "%s", d->identity);
    memcpy(key, d->key, strlen(d->key));
    return (unsigned int)strlen(d->key);
}

static void open_session(struct device *d, bool cid)
{
    WOLFSSL_CTX *context;

    wolfSSL_Init();
    context = wolfSSL_CTX_new(wolfDTLSv1_2_client_method());
    wolfSSL_CTX_SetIORecv(context, take);
    wolfSSL_CTX_SetIOSend(context, give);
    wolfSSL_CTX_set_psk_client_callback(context, give_key);
    d->tls = wolfSSL_new(context);
    if (!d->tls || wolfSSL_set_cipher_list(d->tls, "PSK-AES128-CCM-8") != WOLFSSL_SUCCESS)
        fail("wolfSSL");
    wolfSSL_SetIOReadCtx(d->tls, d);
    wolfSSL_SetIOWriteCtx(d->tls, d);
    wolfSSL_set_psk_callback_ctx(d->tls, d);
    wolfSSL_dtls_set_using_nonblock(d->tls, 1);
    if (cid)
        wolfSSL_dtls_cid_use(d->tls);
}

static void shake_hands(struct device *d)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        if (wolfSSL_connect(d->tls) == WOLFSSL_SUCCESS) {
            puts("connected");
            return;
        }
        wolfSSL_dtls_got_timeout(d->tls);
    }
    puts("failed");
    exit(1);
}

static void send_hex(struct device *d, const char *hex)
{
    uint8_t bytes[MESSAGE_ROOM];
    unsigned byte;
    int length = 0;

    for (; length < MESSAGE_ROOM && sscanf(hex + 2 * length, "%2x", &byte) == 1; length++)
        bytes[length] = (uint8_t)byte;
    if (wolfSSL_write(d->tls, bytes, length) != length)
        fail("wolfSSL_write");
}

static void receive(struct device *d)
{
    uint8_t bytes[MESSAGE_ROOM];
    int length = wolfSSL_read(d->tls, bytes, sizeof(bytes));

    printf(length > 0 ? "received " : "nothing");
    for (int i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct device d = {.fd = -1};
    char line[2 * MESSAGE_ROOM];

    if (argc < 5)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    d.port = (uint16_t)strtoul(argv[1], NULL, 10);
    d.identity = argv[2];
    d.key = argv[3];
    move(&d, argv[4]);
    open_session(&d, argc > 5);
    shake_hands(&d);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "send ", 5) == 0)
            send_hex(&d, line + 5);
        else if (strncmp(line, "move ", 5) == 0)
            move(&d, line + 5);
        else
            receive(&d);
    }
    return 0;
}
