#include "workers/dtls/session.h"

#include "base/datagram.h"
#include "base/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/sha256.h>

#define SUITES "PSK-AES128-CCM-8:PSK-AES128-CCM:PSK-AES128-GCM-SHA256:PSK-AES128-CBC-SHA256"

#ifdef SIMGATE_WOLFSSL /* ours: there are internal.h, and symbols that a shared library hides */
#include <wolfssl/internal.h>

#define CAN_THAW 1

_Static_assert((int)MAX_MTU + (int)DTLS_MTU_ADDITIONAL_READ_BUFFER >= DATAGRAM_MAX,
               "wolfSSL takes every record");

/* wolfSSL 5.9.2 would begin again with the first explicit nonce of AES-CCM, under the same key: the
 * end of all secrecy. It goes on from the number of the next record, which is as unique. GCM begins
 * at random, and CBC has nothing like it. */
static bool go_on(WOLFSSL *tls)
{
    uint8_t nonce[AESGCM_NONCE_SZ];
    struct writer w = writer_over(nonce, sizeof(nonce));

    if (tls->specs.bulk_cipher_algorithm != wolfssl_aes_ccm)
        return true;
    writer_bytes(&w, tls->keys.aead_enc_imp_IV, AESGCM_IMP_IV_SZ);
    writer_u16(&w, 0);
    writer_u16(&w, tls->keys.dtls_sequence_number_hi);
    writer_u16(&w, (uint16_t)(tls->keys.dtls_sequence_number_lo >> 16));
    writer_u16(&w, (uint16_t)tls->keys.dtls_sequence_number_lo);
    return !w.failed && wc_AesCcmSetNonce(tls->encrypt.aes, nonce, sizeof(nonce)) == 0;
}

static void prefetch_whole(const void *object, size_t size)
{
    for (size_t at = 0; at < size; at += 64)
        __builtin_prefetch((const uint8_t *)object + at);
}

/* A record looks at nearly all of a session, and at both of its ciphers. */
static void prefetch_tls(const WOLFSSL *tls)
{
    prefetch_whole(tls, sizeof(*tls));
}

static void prefetch_ciphers(const WOLFSSL *tls)
{
    if (tls->decrypt.aes)
        prefetch_whole(tls->decrypt.aes, sizeof(*tls->decrypt.aes));
    if (tls->encrypt.aes)
        prefetch_whole(tls->encrypt.aes, sizeof(*tls->encrypt.aes));
}
#else
#define CAN_THAW 0

static bool go_on(WOLFSSL *tls)
{
    return false;
}

static void prefetch_tls(const WOLFSSL *tls)
{
}

static void prefetch_ciphers(const WOLFSSL *tls)
{
}
#endif

struct session_context {
    WOLFSSL_CTX *tls;
};

struct session {
    WOLFSSL *tls;
    const struct session_events *events;
    void *owner;
    const uint8_t *input; /* a record that wolfSSL has not taken yet */
    size_t input_length;
};

/* Over UDP wolfSSL takes a datagram whole, or not at all. */
static int take_input(WOLFSSL *tls, char *buffer, int room, void *context)
{
    struct session *s = context;
    size_t length = s->input_length;

    (void)tls;
    if (!s->input || length > (size_t)room)
        return WOLFSSL_CBIO_ERR_WANT_READ;
    memcpy(buffer, s->input, length);
    s->input = NULL;
    return (int)length;
}

static int give_output(WOLFSSL *tls, char *bytes, int length, void *context)
{
    struct session *s = context;

    (void)tls;
    s->events->send(s->owner, (const uint8_t *)bytes, (size_t)length);
    return length;
}

static unsigned int give_key(WOLFSSL *tls, const char *identity, unsigned char *key,
                             unsigned int room)
{
    struct session *s = wolfSSL_get_psk_callback_ctx(tls);

    return room < SESSION_KEY_ROOM ? 0 : (unsigned int)s->events->key(s->owner, identity, key);
}

static int cookie_is_good(WOLFSSL *tls, void *context)
{
    struct session *s = context;

    (void)tls;
    return s->events->verified(s->owner, s) ? 0 : WOLFSSL_FATAL_ERROR;
}

/* wolfSSL finds out at the first use what the processor can, and keeps that in variables of its
 * own: here, before there are threads, and not in all of them at once. */
static bool look_at_processor(void)
{
    static const uint8_t key[AES_128_KEY_SIZE];
    wc_Sha256 hash;
    Aes cipher;
    bool good = wc_InitSha256(&hash) == 0 && wc_AesInit(&cipher, NULL, INVALID_DEVID) == 0 &&
                wc_AesSetKey(&cipher, key, sizeof(key), NULL, AES_ENCRYPTION) == 0;

    if (good) {
        wc_Sha256Free(&hash);
        wc_AesFree(&cipher);
    }
    return good;
}

struct session_context *session_context_open(void)
{
    struct session_context *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    if (wolfSSL_Init() != WOLFSSL_SUCCESS) {
        free(c);
        return NULL;
    }
    c->tls = wolfSSL_CTX_new(wolfDTLSv1_2_server_method());
    if (!c->tls || !look_at_processor() ||
        wolfSSL_CTX_set_cipher_list(c->tls, SUITES) != WOLFSSL_SUCCESS) {
        session_context_close(c);
        return NULL;
    }
    wolfSSL_CTX_set_psk_server_callback(c->tls, give_key);
    wolfSSL_CTX_SetIORecv(c->tls, take_input);
    wolfSSL_CTX_SetIOSend(c->tls, give_output);
    wolfSSL_CTX_set_group_messages(c->tls);
    return c;
}

void session_context_close(struct session_context *c)
{
    if (!c)
        return;
    wolfSSL_CTX_free(c->tls);
    wolfSSL_Cleanup();
    free(c);
}

static struct session *create(struct session_context *c, const struct session_events *events,
                              void *owner)
{
    /* of wolfSSL's memory, where sessions lie by themselves: when they end, it is given back */
    struct session *s = XMALLOC(sizeof(*s), NULL, DYNAMIC_TYPE_TMP_BUFFER);

    if (!s)
        return NULL;
    *s = (struct session){.tls = wolfSSL_new(c->tls), .events = events, .owner = owner};
    if (!s->tls) {
        XFREE(s, NULL, DYNAMIC_TYPE_TMP_BUFFER);
        return NULL;
    }
    wolfSSL_SetIOReadCtx(s->tls, s);
    wolfSSL_SetIOWriteCtx(s->tls, s);
    wolfSSL_set_psk_callback_ctx(s->tls, s);
    wolfDTLS_SetChGoodCb(s->tls, cookie_is_good, s);
    wolfSSL_dtls_set_using_nonblock(s->tls, 1);
    return s;
}

struct session *session_open(struct session_context *c, const struct session_events *events,
                             void *owner, const uint8_t secret[SESSION_COOKIE_SECRET])
{
    struct session *s = create(c, events, owner);

    if (s && wolfSSL_DTLS_SetCookieSecret(s->tls, secret, SESSION_COOKIE_SECRET) != 0) {
        session_close(s);
        return NULL;
    }
    return s;
}

size_t session_freeze(struct session *s, uint8_t *frozen, size_t room)
{
    unsigned int cid_length = 0, length = (unsigned int)room;
    int result;

    if (!CAN_THAW ||
        (wolfSSL_dtls_cid_get_tx_size(s->tls, &cid_length) == WOLFSSL_SUCCESS && cid_length > 0))
        return 0;
    result = wolfSSL_dtls_export(s->tls, frozen, &length);
    return result > 0 ? (size_t)result : 0;
}

struct session *session_thaw(struct session_context *c, const struct session_events *events,
                             void *owner, const uint8_t *frozen, size_t length, const uint8_t *cid,
                             size_t cid_length)
{
    struct session *s = create(c, events, owner);

    if (!s)
        return NULL;
    if (wolfSSL_dtls_import(s->tls, frozen, (unsigned int)length) <= 0 || !go_on(s->tls) ||
        (cid && !session_use_cid(s, cid, cid_length))) {
        session_close(s);
        return NULL;
    }
    return s;
}

void session_close(struct session *s)
{
    if (!s)
        return;
    wolfSSL_free(s->tls);
    XFREE(s, NULL, DYNAMIC_TYPE_TMP_BUFFER);
}

void session_set_owner(struct session *s, const struct session_events *events, void *owner)
{
    s->events = events;
    s->owner = owner;
}

/* wolfSSL takes it as bytes, and hashes them with what of the ClientHello the cookie is for.
 * Without the zeros of an IPv4 address that is one block of SHA-256 less for a client with few
 * suites. */
void session_set_peer(struct session *s, const struct net_address *peer)
{
    bool v4 = net_ip_is_v4(peer->ip);
    uint8_t bytes[1 + sizeof(peer->port) + sizeof(peer->scope) + sizeof(peer->ip)];
    struct writer w = writer_over(bytes, sizeof(bytes));

    writer_u8(&w, v4 ? 4 : 6); /* so that neither can be taken for the other */
    writer_u16(&w, peer->port);
    if (!v4) {
        writer_u16(&w, (uint16_t)(peer->scope >> 16));
        writer_u16(&w, (uint16_t)peer->scope);
    }
    writer_bytes(&w, v4 ? peer->ip + 12 : peer->ip, v4 ? 4 : 16);
    wolfSSL_dtls_set_peer(s->tls, bytes, (unsigned int)writer_length(&w));
}

bool session_use_cid(struct session *s, const uint8_t *cid, size_t length)
{
    uint8_t copy[DTLS_CID_MAX_SIZE];

    memcpy(copy, cid, length);
    return wolfSSL_dtls_cid_use(s->tls) == WOLFSSL_SUCCESS &&
           wolfSSL_dtls_cid_set(s->tls, copy, (unsigned int)length) == WOLFSSL_SUCCESS;
}

bool session_has_cid(const struct session *s)
{
    return wolfSSL_dtls_cid_is_enabled(s->tls) != 0;
}

static void feed(struct session *s, const uint8_t *record, size_t length)
{
    s->input = record;
    s->input_length = length;
}

/* The input is the caller's again. */
static int reason(struct session *s, int result)
{
    s->input = NULL;
    return wolfSSL_get_error(s->tls, result);
}

enum session_progress session_handshake(struct session *s, const uint8_t *record, size_t length)
{
    int result;

    feed(s, record, length);
    result = wolfSSL_accept(s->tls);
    if (result == WOLFSSL_SUCCESS) {
        s->input = NULL;
        return SESSION_DONE;
    }
    return reason(s, result) == WOLFSSL_ERROR_WANT_READ ? SESSION_WAITS : SESSION_FAILED;
}

void session_retransmit(struct session *s)
{
    wolfSSL_dtls_retransmit(s->tls);
}

int session_read(struct session *s, const uint8_t *record, size_t length, uint8_t *data,
                 size_t room)
{
    int result;

    feed(s, record, length);
    result = wolfSSL_read(s->tls, data, (int)room);
    if (result > 0) {
        s->input = NULL;
        return result;
    }
    switch (reason(s, result)) {
    case WOLFSSL_ERROR_WANT_READ:
        return 0;
    case WOLFSSL_ERROR_ZERO_RETURN:
        return SESSION_CLOSED;
    default:
        return SESSION_BROKEN;
    }
}

void session_prefetch(const struct session *s, unsigned step)
{
    if (step == 0)
        __builtin_prefetch(s);
    else if (step == 1)
        prefetch_tls(s->tls);
    else
        prefetch_ciphers(s->tls);
}

int session_write(struct session *s, const uint8_t *data, size_t length)
{
    int result = wolfSSL_write(s->tls, data, (int)length);

    if (result > 0)
        return 0;
    return reason(s, result) == DTLS_SIZE_ERROR ? -EMSGSIZE : -EPROTO;
}

void session_shutdown(struct session *s)
{
    wolfSSL_shutdown(s->tls);
}

uint32_t session_undecrypted(struct session *s)
{
    word32 undecrypted = 0, replayed;

    wolfSSL_dtls_get_drop_stats(s->tls, &undecrypted, &replayed);
    return undecrypted;
}

bool session_is_untouched(struct session *s)
{
    word32 undecrypted = 0, replayed = 0;

    wolfSSL_dtls_get_drop_stats(s->tls, &undecrypted, &replayed);
    return undecrypted + replayed > 0;
}

uint16_t session_suite(struct session *s)
{
    return (uint16_t)wolfSSL_get_current_cipher_suite(s->tls);
}
