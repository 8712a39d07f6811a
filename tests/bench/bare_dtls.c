/*
 * The bare DTLS server that CoAPS is compared with: the least that wolfSSL in one thread needs for
 * PSK-AES128-CCM-8. Handshakes with a cookie, one session for each address and port, and a 2.04 for
 * whatever a record holds: its first bytes, made a CoAP acknowledgement. No limits, no timers, no
 * look at who it is.
 *
 *     bare_dtls --port PORT KEY
 *
 * It trusts its peers, so it is nothing to put anywhere else.
 */
#include "tests/bench/batch.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#define SLOTS  (1U << 17) /* of the table, a power of two: room for 100,000 associations */
#define SECRET 32

/* Of a DTLS record (RFC 6347 §4.1), and of a handshake message in it. */
#define TYPE_AT         0
#define TYPE_HANDSHAKE  22
#define EPOCH_AT        3
#define HEADER          13
#define HANDSHAKE_HELLO 1

#define HEADER_COAP 4

struct peer {
    struct sockaddr_in address;
    WOLFSSL *tls; /* NULL: a free slot */
};

struct server {
    int fd;
    WOLFSSL_CTX *context;
    const char *key;
    unsigned char secret[SECRET];
    struct batch in, out;
    struct peer *peers;
    WOLFSSL *spare; /* takes ClientHellos until one has a good cookie */
    bool verified;
    const struct sockaddr_in *from; /* of the datagram at hand, which is: */
    const uint8_t *bytes;           /* NULL: taken */
    size_t length;
};

static int take(WOLFSSL *tls, char *buffer, int room, void *context)
{
    struct server *s = context;
    size_t length = s->length;

    if (!s->bytes || length > (size_t)room)
        return WOLFSSL_CBIO_ERR_WANT_READ;
    memcpy(buffer, s->bytes, length);
    s->bytes = NULL;
    return (int)length;
}

static int give(WOLFSSL *tls, char *bytes, int length, void *context)
{
    struct server *s = context;

    batch_add(&s->out, s->fd, s->from, (const uint8_t *)bytes, (size_t)length);
    return length;
}

static unsigned int give_key(WOLFSSL *tls, const char *identity, unsigned char *key,
                             unsigned int room)
{
    const struct server *s = wolfSSL_get_psk_callback_ctx(tls);
    size_t length = strlen(s->key);

    memcpy(key, s->key, length < room ? length : room);
    return (unsigned)(length < room ? length : room);
}

static int on_cookie(WOLFSSL *tls, void *context)
{
    ((struct server *)context)->verified = true;
    return 0;
}

static WOLFSSL *open_session(struct server *s)
{
    WOLFSSL *tls = wolfSSL_new(s->context);

    if (!tls)
        abort();
    wolfSSL_SetIOReadCtx(tls, s);
    wolfSSL_SetIOWriteCtx(tls, s);
    wolfSSL_set_psk_callback_ctx(tls, s);
    wolfDTLS_SetChGoodCb(tls, on_cookie, s);
    wolfSSL_dtls_set_using_nonblock(tls, 1);
    wolfSSL_DTLS_SetCookieSecret(tls, s->secret, SECRET);
    return tls;
}

/* The slot of an address: its own, or a free one. */
static struct peer *find(struct server *s, const struct sockaddr_in *address)
{
    uint64_t word = (uint64_t)address->sin_addr.s_addr << 16 | address->sin_port;
    uint32_t slot = (uint32_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 32);

    for (;; slot++) {
        struct peer *p = &s->peers[slot & (SLOTS - 1)];

        if (!p->tls || memcmp(&p->address, address, sizeof(*address)) == 0)
            return p;
    }
}

static void greet(struct server *s)
{
    struct sockaddr_in address = *s->from; /* wolfSSL takes it as bytes, and copies them */
    struct peer *p;

    s->verified = false;
    wolfSSL_dtls_set_peer(s->spare, &address, sizeof(address));
    wolfSSL_accept(s->spare);
    if (!s->verified)
        return;
    p = find(s, s->from);
    if (p->tls)
        wolfSSL_free(p->tls);
    *p = (struct peer){*s->from, s->spare};
    s->spare = open_session(s);
}

/* Header and token of a CoAP request become those of its response (RFC 7252 §3). Returns its
 * length. */
static int answer(uint8_t *data, int length)
{
    int answer_length = HEADER_COAP + (data[0] & 0x0f);

    if (length < answer_length)
        return length;
    data[0] = (data[0] & 0x4f) | 0x20;
    data[1] = 0x44;
    return answer_length;
}

static void go_on(struct server *s)
{
    struct peer *p = find(s, s->from);
    uint8_t data[DATAGRAM_ROOM];
    int length;

    if (!p->tls || (!wolfSSL_is_init_finished(p->tls) && wolfSSL_accept(p->tls) != WOLFSSL_SUCCESS))
        return;
    length = wolfSSL_read(p->tls, data, sizeof(data));
    if (length > 0)
        wolfSSL_write(p->tls, data, answer(data, length));
}

static bool is_hello(const struct server *s)
{
    return s->length > HEADER && s->bytes[TYPE_AT] == TYPE_HANDSHAKE && s->bytes[EPOCH_AT] == 0 &&
           s->bytes[EPOCH_AT + 1] == 0 && s->bytes[HEADER] == HANDSHAKE_HELLO;
}

static void answer_batch(struct server *s)
{
    for (unsigned i = 0; i < s->in.count; i++) {
        s->from = &s->in.peers[i];
        s->bytes = s->in.bytes[i];
        s->length = s->in.messages[i].msg_len;
        if (is_hello(s))
            greet(s);
        else
            go_on(s);
    }
    batch_send(&s->out, s->fd);
}

static void serve(struct server *s)
{
    int epoll = batch_watch(s->fd);

    while (epoll >= 0 && batch_wait(epoll) == 0) {
        do {
            batch_receive(&s->in, s->fd);
            answer_batch(s);
        } while (s->in.count == BATCH);
    }
}

static bool open_server(struct server *s)
{
    /* all of it now, so that what memory grows by later is the associations' */
    s->peers = mmap(NULL, SLOTS * sizeof(*s->peers), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    wolfSSL_Init();
    s->context = wolfSSL_CTX_new(wolfDTLSv1_2_server_method());
    if (s->peers == MAP_FAILED || !s->context || getrandom(s->secret, SECRET, 0) != SECRET ||
        wolfSSL_CTX_set_cipher_list(s->context, "PSK-AES128-CCM-8") != WOLFSSL_SUCCESS)
        return false;
    wolfSSL_CTX_set_psk_server_callback(s->context, give_key);
    wolfSSL_CTX_SetIORecv(s->context, take);
    wolfSSL_CTX_SetIOSend(s->context, give);
    wolfSSL_CTX_set_group_messages(s->context);
    s->spare = open_session(s);
    return true;
}

int main(int argc, char **argv)
{
    static struct server s;
    long port = batch_port(argc, argv);

    if (port < 0 || argc != 4) {
        fputs("Usage: bare_dtls --port PORT KEY    (0: any free one)\n", stderr);
        return 2;
    }
    s.key = argv[3];
    if (open_server(&s) && (s.fd = batch_open((unsigned short)port)) >= 0)
        serve(&s);
    perror("bare_dtls");
    return 1;
}
