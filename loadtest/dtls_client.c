#include "loadtest/dtls_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
/* behind the others: sessions, to which there is no other way where wolfSSL keeps no cache of them
 */
#include <wolfssl/internal.h>

#define SUITES "PSK-AES128-CCM-8"

struct dtls_client_context {
    WOLFSSL_CTX *tls;
    dtls_client_send send;
    void *owner;
    bool cid;
};

struct dtls_client {
    WOLFSSL *tls;
    struct dtls_client_context *context;
    const struct dtls_client_key *key; /* during the first step of a handshake, else NULL */
    const uint8_t *input;              /* a datagram that wolfSSL has not taken yet */
    uint32_t input_length;
    uint32_t number;
};

/* Over UDP wolfSSL takes a datagram whole, or not at all. */
static int take_input(WOLFSSL *tls, char *buffer, int room, void *context)
{
    struct dtls_client *s = context;
    uint32_t length = s->input_length;

    if (!s->input || length > (uint32_t)room)
        return WOLFSSL_CBIO_ERR_WANT_READ;
    memcpy(buffer, s->input, length);
    s->input = NULL;
    return (int)length;
}

static int give_output(WOLFSSL *tls, char *bytes, int length, void *context)
{
    struct dtls_client *s = context;

    s->context->send(s->context->owner, s->number, (const uint8_t *)bytes, (size_t)length);
    return length;
}

static unsigned int give_key(WOLFSSL *tls, const char *hint, char *identity, unsigned int room,
                             unsigned char *key, unsigned int key_room)
{
    const struct dtls_client *s = wolfSSL_get_psk_callback_ctx(tls);

    if (s->key->key_length > key_room || strlen(s->key->identity) >= room)
        return 0;
    snprintf(identity, room, "%s", s->key->identity);
    memcpy(key, s->key->key, s->key->key_length);
    return (unsigned int)s->key->key_length;
}

struct dtls_client_context *dtls_client_context_open(dtls_client_send send, void *owner, bool cid)
{
    struct dtls_client_context *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    *c = (struct dtls_client_context){.send = send, .owner = owner, .cid = cid};
    if (wolfSSL_Init() != WOLFSSL_SUCCESS) {
        free(c);
        return NULL;
    }
    c->tls = wolfSSL_CTX_new(wolfDTLSv1_2_client_method());
    if (!c->tls || wolfSSL_CTX_set_cipher_list(c->tls, SUITES) != WOLFSSL_SUCCESS) {
        dtls_client_context_close(c);
        return NULL;
    }
    wolfSSL_CTX_set_psk_client_callback(c->tls, give_key);
    wolfSSL_CTX_SetIORecv(c->tls, take_input);
    wolfSSL_CTX_SetIOSend(c->tls, give_output);
    wolfSSL_CTX_set_group_messages(c->tls);
    return c;
}

void dtls_client_context_close(struct dtls_client_context *c)
{
    if (!c)
        return;
    wolfSSL_CTX_free(c->tls);
    wolfSSL_Cleanup();
    free(c);
}

struct dtls_client *dtls_client_open(struct dtls_client_context *c, uint32_t number,
                                     const struct dtls_client_key *key)
{
    struct dtls_client *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    *s = (struct dtls_client){.context = c, .number = number, .key = key};
    s->tls = wolfSSL_new(c->tls);
    if (!s->tls) {
        free(s);
        return NULL;
    }
    wolfSSL_SetIOReadCtx(s->tls, s);
    wolfSSL_SetIOWriteCtx(s->tls, s);
    wolfSSL_set_psk_callback_ctx(s->tls, s);
    wolfSSL_dtls_set_using_nonblock(s->tls, 1);
    if (c->cid)
        wolfSSL_dtls_cid_use(s->tls);
    return s;
}

void dtls_client_close(struct dtls_client *s)
{
    if (!s)
        return;
    wolfSSL_free(s->tls);
    free(s);
}

void dtls_client_feed(struct dtls_client *s, const uint8_t *datagram, size_t length)
{
    s->input = datagram;
    s->input_length = (uint32_t)length;
}

enum dtls_client_progress dtls_client_handshake(struct dtls_client *s, const uint8_t *datagram,
                                                size_t length)
{
    int result;

    dtls_client_feed(s, datagram, length);
    result = wolfSSL_connect(s->tls);
    s->input = NULL;
    if (result == WOLFSSL_SUCCESS)
        return DTLS_CLIENT_DONE;
    return wolfSSL_get_error(s->tls, result) == WOLFSSL_ERROR_WANT_READ ? DTLS_CLIENT_WAITS
                                                                        : DTLS_CLIENT_FAILED;
}

/* A WOLFSSL_SESSION by another name. */
struct dtls_client_session *dtls_client_session(struct dtls_client *s)
{
    WOLFSSL_SESSION *session = wolfSSL_SESSION_dup(s->tls->session);

    if (!session || session->sessionIDSz > 0)
        return (struct dtls_client_session *)session;
    session->sessionIDSz = ID_LEN;
    if (getrandom(session->sessionID, ID_LEN, 0) == ID_LEN)
        return (struct dtls_client_session *)session;
    wolfSSL_SESSION_free(session);
    return NULL;
}

void dtls_client_session_free(struct dtls_client_session *session)
{
    wolfSSL_SESSION_free((WOLFSSL_SESSION *)session);
}

bool dtls_client_offer(struct dtls_client *s, struct dtls_client_session *session)
{
    WOLFSSL_SESSION *copy = wolfSSL_SESSION_dup((WOLFSSL_SESSION *)session);

    if (!copy)
        return false;
    wolfSSL_SESSION_free(s->tls->session);
    s->tls->session = copy;
    s->tls->options.resuming = 1;
    s->tls->options.haveEMS = copy->haveEMS != 0;
    return true;
}

bool dtls_client_is_resumed(struct dtls_client *s)
{
    return wolfSSL_session_reused(s->tls);
}

void dtls_client_retransmit(struct dtls_client *s)
{
    wolfSSL_dtls_retransmit(s->tls);
}

int dtls_client_read(struct dtls_client *s, uint8_t *data, size_t room)
{
    int result = wolfSSL_read(s->tls, data, (int)room);

    if (result > 0)
        return result;
    s->input = NULL;
    return wolfSSL_get_error(s->tls, result) == WOLFSSL_ERROR_WANT_READ ? 0 : DTLS_CLIENT_CLOSED;
}

bool dtls_client_write(struct dtls_client *s, const uint8_t *data, size_t length)
{
    return wolfSSL_write(s->tls, data, (int)length) > 0;
}
