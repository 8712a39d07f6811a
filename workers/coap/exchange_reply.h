/*
 * How the message layer answers: a part of exchange.h, and only for that. What ends an exchange is
 * here too. One thread.
 */
#ifndef SIMGATE_WORKERS_COAP_EXCHANGE_REPLY_H
#define SIMGATE_WORKERS_COAP_EXCHANGE_REPLY_H

#include "workers/coap/exchange.h"

/* An empty ACK or a reset (RFC 7252 §4.1). */
void exchange_send_empty(struct exchanges *e, const struct coap_endpoint *to,
                         const struct datagram_path *path, enum coap_type type, uint16_t id);

/* Adds the options that come with a code, whatever the resource, so that a duplicate can be
 * answered by the code alone. `block1` is the echo, or COAP_ABSENT. */
void exchange_complete(const struct exchanges *e, struct coap_response *response, uint32_t block1);

/* Sends a complete response in the ACK of message `id`. */
void exchange_piggyback(struct exchanges *e, const struct coap_endpoint *to,
                        const struct datagram_path *path, uint16_t id,
                        const struct coap_token *token, const struct coap_response *response);

#endif
