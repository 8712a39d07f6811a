/*
 * One DTLS 1.2 client session with a pre-shared key: a thin cover of wolfSSL, which nothing else in
 * loadtest/ sees. Datagrams go in one at a time; what is to be sent comes out by an event, during
 * the call. No I/O and no clock. One thread for a context and all its clients.
 *
 * In a build without wolfSSL dtls_client_context_open() gives NULL, and nothing else is called.
 */
#ifndef SIMGATE_LOADTEST_DTLS_CLIENT_H
#define SIMGATE_LOADTEST_DTLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTLS_CLIENT_IDENTITY_MAX 127
#define DTLS_CLIENT_KEY_MAX      256

struct dtls_client_context; /* settings that all clients share */
struct dtls_client;
struct dtls_client_session; /* what a later handshake can resume */

/* Who a client is. Borrowed during its handshake. */
struct dtls_client_key {
    const char *identity;
    const uint8_t *key;
    size_t key_length;
};

/* A datagram of client `number` that is to be sent. */
typedef void (*dtls_client_send)(void *owner, uint32_t number, const uint8_t *bytes, size_t length);

enum dtls_client_progress { DTLS_CLIENT_WAITS, DTLS_CLIENT_DONE, DTLS_CLIENT_FAILED };

/* What dtls_client_read() gives besides lengths. */
#define DTLS_CLIENT_CLOSED (-1)

/* PSK-AES128-CCM-8, as RFC 7252 §9.1.3.1 demands; with `cid`, clients offer connection ids and have
 * none of their own. NULL: no memory, or no wolfSSL. */
struct dtls_client_context *dtls_client_context_open(dtls_client_send send, void *owner, bool cid);

/* Accepts NULL. */
void dtls_client_context_close(struct dtls_client_context *c);

/* NULL: no memory. */
struct dtls_client *dtls_client_open(struct dtls_client_context *c, uint32_t number,
                                     const struct dtls_client_key *key);

/* Sends nothing. Accepts NULL. */
void dtls_client_close(struct dtls_client *s);

/* Goes on with the handshake: first without a datagram (NULL), then with each that comes. */
enum dtls_client_progress dtls_client_handshake(struct dtls_client *s, const uint8_t *datagram,
                                                size_t length);

/* After the handshake: what another client can offer, to be freed. Where the server gave the
 * session no id, it has one that is made up, as from another server: this one must not mind. NULL:
 * no memory.
 */
struct dtls_client_session *dtls_client_session(struct dtls_client *s);

/* Accepts NULL. */
void dtls_client_session_free(struct dtls_client_session *session);

/* Before the handshake: offers the session by its id (RFC 5246 §7.4.1.2). False: no memory. */
bool dtls_client_offer(struct dtls_client *s, struct dtls_client_session *session);

/* After the handshake: whether it was the short one, of the session that was offered. */
bool dtls_client_is_resumed(struct dtls_client *s);

/* Sends the last flight again. */
void dtls_client_retransmit(struct dtls_client *s);

/* After the handshake: feeds a datagram. */
void dtls_client_feed(struct dtls_client *s, const uint8_t *datagram, size_t length);

/* The data of the next record of what was fed: its length, 0 when there is none (left), or
 * DTLS_CLIENT_CLOSED. */
int dtls_client_read(struct dtls_client *s, uint8_t *data, size_t room);

/* Encrypts and sends. False: the session is broken. */
bool dtls_client_write(struct dtls_client *s, const uint8_t *data, size_t length);

#endif
