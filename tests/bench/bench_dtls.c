/*
 * What DTLS costs on the server's side, one thread, without sockets: handshakes with cookie,
 * records, and the memory of an idle association. wolfSSL's own client gives the datagrams; only
 * the time inside dtls_receive() and dtls_send() is counted.
 *
 *     bench_dtls [ASSOCIATIONS]
 */
#include "base/clock.h"
#include "base/random.h"
#include "workers/dtls/dtls.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#define QUEUE    8
#define PARTS    100
#define RECORDS  2000 /* a part */
#define WARM_UP  100
#define KEY      "sixteencharsskey"
#define IDENTITY "8988280666000000001"

struct queue {
    uint32_t first, last;
    uint16_t length[QUEUE];
    uint8_t bytes[QUEUE][DATAGRAM_MAX];
};

struct bench {
    struct dtls dtls;
    struct random_source random;
    struct dtls_psk psk;
    struct datagram_path path;
    struct queue to_client, to_server;
    uint64_t id;
    uint64_t spent; /* nanoseconds in the server */
    uint64_t messages;
};

static void put(struct queue *q, const uint8_t *bytes, size_t length)
{
    uint32_t place = q->last++ % QUEUE;

    q->length[place] = (uint16_t)length;
    memcpy(q->bytes[place], bytes, length);
}

static int take(WOLFSSL *tls, char *buffer, int room, void *context)
{
    struct queue *q = &((struct bench *)context)->to_client;
    uint32_t place = q->first % QUEUE;

    if (q->first == q->last)
        return WOLFSSL_CBIO_ERR_WANT_READ;
    q->first++;
    memcpy(buffer, q->bytes[place], q->length[place]);
    return q->length[place];
}

static int give(WOLFSSL *tls, char *bytes, int length, void *context)
{
    put(&((struct bench *)context)->to_server, (uint8_t *)bytes, (size_t)length);
    return length;
}

static unsigned int give_key(WOLFSSL *tls, const char *hint, char *identity, unsigned int room,
                             unsigned char *key, unsigned int key_room)
{
    snprintf(identity, room, "%s", IDENTITY);
    memcpy(key, KEY, sizeof(KEY) - 1);
    return sizeof(KEY) - 1;
}

static void on_datagram(void *context, const struct datagram_path *path, const uint8_t *bytes,
                        size_t length)
{
    put(&((struct bench *)context)->to_client, bytes, length);
}

static void on_message(void *context, const struct association *a, const uint8_t *bytes,
                       size_t length)
{
    ((struct bench *)context)->messages++;
}

static void on_lookup(void *context, const struct association *a, const char *identity)
{
    struct bench *b = context;

    dtls_psk_answer(&b->dtls, CLOCK_SECOND, a->id, &b->psk);
}

static void on_established(void *context, const struct association *a, uint32_t key)
{
    ((struct bench *)context)->id = a->id;
}

static void on_mismatch(void *context, const struct association *a, const char *claimed)
{
}

static bool on_move(void *context, const struct association *a, const struct datagram_path *to)
{
    return true;
}

static void on_ended(void *context, const struct association *a)
{
}

static void serve(struct bench *b)
{
    struct queue *q = &b->to_server;

    while (q->first != q->last) {
        uint32_t place = q->first++ % QUEUE;
        uint64_t begun = clock_now();

        dtls_receive(&b->dtls, CLOCK_SECOND, &b->path, q->bytes[place], q->length[place]);
        b->spent += clock_now() - begun;
    }
}

static WOLFSSL *connect_client(struct bench *b, WOLFSSL_CTX *context, uint32_t number)
{
    WOLFSSL *tls = wolfSSL_new(context);

    b->path.peer = (struct net_address){.ip = {[10] = 0xff, [11] = 0xff, [12] = 10}, .port = 1};
    for (int i = 0; i < 3; i++)
        b->path.peer.ip[13 + i] = (uint8_t)(number >> (8 * (2 - i)));
    wolfSSL_SetIOReadCtx(tls, b);
    wolfSSL_SetIOWriteCtx(tls, b);
    for (int round = 0; round < 10 && wolfSSL_connect(tls) != WOLFSSL_SUCCESS; round++)
        serve(b);
    if (wolfSSL_is_init_finished(tls) == 0 || wolfSSL_write(tls, "first", 5) != 5)
        abort();
    serve(b);
    return tls;
}

static void open_bench(struct bench *b, uint32_t associations)
{
    struct dtls_settings settings = {.associations = associations,
                                     .associations_of_source = 16,
                                     .handshakes = 64,
                                     .handshakes_of_source = 8,
                                     .retransmit_timeout = CLOCK_SECOND,
                                     .handshake_timeout = 60 * CLOCK_SECOND,
                                     .idle_timeout = 600 * CLOCK_SECOND,
                                     .sleep_after = 60 * CLOCK_SECOND,
                                     .cookie_life = 60 * CLOCK_SECOND};
    struct dtls_handler handler = {b,           on_datagram, on_message, on_lookup, on_established,
                                   on_mismatch, on_move,     on_ended};

    b->psk.count = 1;
    snprintf(b->psk.identity, sizeof(b->psk.identity), "%s", IDENTITY);
    b->psk.keys[0].length = sizeof(KEY) - 1;
    memcpy(b->psk.keys[0].bytes, KEY, sizeof(KEY) - 1);
    if (random_source_init(&b->random) != 0 ||
        dtls_init(&b->dtls, &settings, &handler, &b->random) != 0)
        abort();
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Nanoseconds of a part. */
static uint64_t decrypt_part(struct bench *b, WOLFSSL *client, const uint8_t *data, size_t size)
{
    b->spent = b->messages = 0;
    for (uint32_t i = 0; i < RECORDS; i++) {
        if (wolfSSL_write(client, data, (int)size) != (int)size)
            abort();
        serve(b);
    }
    if (b->messages != RECORDS)
        abort();
    return b->spent;
}

static uint64_t encrypt_part(struct bench *b, const uint8_t *data, size_t size)
{
    uint64_t begun = clock_now();

    for (uint32_t i = 0; i < RECORDS; i++)
        dtls_send(&b->dtls, CLOCK_SECOND, b->id, data, size);
    b->to_client.first = b->to_client.last;
    return clock_now() - begun;
}

static void measure_records(struct bench *b, WOLFSSL *client, size_t size)
{
    static const uint8_t data[1024];
    uint64_t decrypt = UINT64_MAX, encrypt = UINT64_MAX;

    for (int part = 0; part < PARTS; part++) {
        decrypt = least(decrypt, decrypt_part(b, client, data, size));
        encrypt = least(encrypt, encrypt_part(b, data, size));
    }
    printf("record of %4zu B: %5.2f us to decrypt, %5.2f us to encrypt\n", size,
           (double)decrypt / RECORDS / 1e3, (double)encrypt / RECORDS / 1e3);
}

/* Bytes of the heap and of wolfSSL's own that are in use. */
static size_t memory_in_use(void)
{
    size_t bytes = mallinfo2().uordblks;

#ifdef SIMGATE_WOLFSSL
    bytes += simgate_wolfssl_in_use();
#endif
    return bytes;
}

/* Puts all to sleep, and says what is left of them. */
static void measure_sleep(struct bench *b, size_t before)
{
    uint64_t begun = clock_now();

    dtls_advance(&b->dtls, 61 * CLOCK_SECOND);
    printf("falling asleep: %5.2f us, and %zu B are left\n",
           (double)(clock_now() - begun) / b->dtls.frozen_count / 1e3,
           (memory_in_use() - before) / b->dtls.frozen_count);
}

static void measure_handshakes(struct bench *b, WOLFSSL_CTX *context, uint32_t count)
{
    uint64_t best = UINT64_MAX;
    size_t before = 0;

    for (uint32_t i = 0; i < count + WARM_UP; i++) {
        if (i == WARM_UP)
            before = memory_in_use();
        if (i % PARTS == 0)
            b->spent = 0;
        wolfSSL_free(connect_client(b, context, i));
        if (i % PARTS == PARTS - 1)
            best = least(best, b->spent);
    }
    printf("handshake with cookie and first record: %5.2f us\n", (double)best / PARTS / 1e3);
    printf("idle association: %zu B of wolfSSL's, %zu B of ours\n",
           (memory_in_use() - before) / count, sizeof(struct association));
    measure_sleep(b, before);
}

/* A client that sends one record, when its association sleeps, and when it does not. */
static void measure_waking(struct bench *b, WOLFSSL *client)
{
    uint64_t woken = UINT64_MAX, awake = UINT64_MAX;

    for (int i = 0; i < PARTS; i++) {
        dtls_advance(&b->dtls, 61 * CLOCK_SECOND);
        b->spent = 0;
        wolfSSL_write(client, "record", 6);
        serve(b);
        woken = least(woken, b->spent);
        b->spent = 0;
        wolfSSL_write(client, "record", 6);
        serve(b);
        awake = least(awake, b->spent);
    }
    printf("record that wakes its association: %5.2f us, one that does not: %5.2f us\n",
           (double)woken / 1e3, (double)awake / 1e3);
}

static WOLFSSL_CTX *open_client(void)
{
    WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfDTLSv1_2_client_method());

    wolfSSL_CTX_set_cipher_list(context, "PSK-AES128-CCM-8");
    wolfSSL_CTX_SetIORecv(context, take);
    wolfSSL_CTX_SetIOSend(context, give);
    wolfSSL_CTX_set_psk_client_callback(context, give_key);
    return context;
}

int main(int argc, char **argv)
{
    static struct bench b;
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 50000;
    WOLFSSL_CTX *context;
    WOLFSSL *client;

    open_bench(&b, count + WARM_UP);
    context = open_client();
    measure_handshakes(&b, context, count);
    client = connect_client(&b, context, 0);
    measure_records(&b, client, 100);
    measure_records(&b, client, 1024);
    measure_waking(&b, client);
    wolfSSL_free(client);
    wolfSSL_CTX_free(context);
    dtls_deinit(&b.dtls);
    return 0;
}
