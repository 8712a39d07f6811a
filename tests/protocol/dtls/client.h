/*
 * The client side of world.h, on wolfSSL. One thread.
 */
#ifndef SIMGATE_TESTS_PROTOCOL_DTLS_CLIENT_H
#define SIMGATE_TESTS_PROTOCOL_DTLS_CLIENT_H

#include "tests/protocol/dtls/world.h"

/* Of all clients: a WOLFSSL_CTX. */
void *client_context_open(void);
void client_context_close(void *context);

void client_open(struct world_client *c);
void client_close(struct world_client *c);
void client_receive(struct world_client *c, const uint8_t *bytes, size_t length);

/* Sends again, and sends its message, when that is due. */
void client_advance(struct world_client *c);

/* The world's network. */
void world_send(struct world *w, bool to_server, const struct datagram_path *path,
                const uint8_t *bytes, size_t length);

#endif
