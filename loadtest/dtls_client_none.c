/*
 * A build without wolfSSL: no CoAPS. The options refuse coaps:// before anything here is called.
 */
#include "loadtest/dtls_client.h"

#include <stdlib.h>

struct dtls_client_context *dtls_client_context_open(dtls_client_send send, void *owner, bool cid)
{
    return NULL;
}

void dtls_client_context_close(struct dtls_client_context *c)
{
}

struct dtls_client *dtls_client_open(struct dtls_client_context *c, uint32_t number,
                                     const struct dtls_client_key *key)
{
    return NULL;
}

void dtls_client_close(struct dtls_client *s)
{
}

enum dtls_client_progress dtls_client_handshake(struct dtls_client *s, const uint8_t *datagram,
                                                size_t length)
{
    return DTLS_CLIENT_FAILED;
}

struct dtls_client_session *dtls_client_session(struct dtls_client *s)
{
    return NULL;
}

void dtls_client_session_free(struct dtls_client_session *session)
{
}

bool dtls_client_offer(struct dtls_client *s, struct dtls_client_session *session)
{
    return false;
}

bool dtls_client_is_resumed(struct dtls_client *s)
{
    return false;
}

void dtls_client_retransmit(struct dtls_client *s)
{
}

void dtls_client_feed(struct dtls_client *s, const uint8_t *datagram, size_t length)
{
}

int dtls_client_read(struct dtls_client *s, uint8_t *data, size_t room)
{
    return DTLS_CLIENT_CLOSED;
}

bool dtls_client_write(struct dtls_client *s, const uint8_t *data, size_t length)
{
    return false;
}
