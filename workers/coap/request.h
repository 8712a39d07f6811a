/*
 * What the options of a request say, read once after the message is known to be new (RFC 7252
 * §5.10, RFC 7959, RFC 7967). Any thread; texts borrow the message's bytes.
 */
#ifndef SIMGATE_WORKERS_COAP_REQUEST_H
#define SIMGATE_WORKERS_COAP_REQUEST_H

#include "workers/coap/message.h"

#include <stdbool.h>
#include <stdint.h>

/* Our longest path has two segments; one more tells a longer one apart. */
#define COAP_REQUEST_SEGMENTS 3

struct coap_text {
    const uint8_t *bytes;
    uint32_t length;
};

/* A Block1 or Block2 option (RFC 7959 §2.2). */
struct coap_block {
    bool present;
    bool more;
    uint8_t szx; /* size exponent: blocks of 2^(szx+4) bytes; 7 is reserved */
    uint32_t number;
};

static inline uint32_t coap_block_size(const struct coap_block *b)
{
    return UINT32_C(16) << b->szx;
}

/* The option's value. */
static inline uint32_t coap_block_encode(const struct coap_block *b)
{
    return b->number << 4 | (uint32_t)b->more << 3 | b->szx;
}

struct coap_request {
    struct coap_text path[COAP_REQUEST_SEGMENTS];
    uint32_t path_count; /* up to COAP_REQUEST_SEGMENTS, then no further */
    int32_t accept;      /* content format, or -1 */
    struct coap_block block1;
    struct coap_block block2;
    uint32_t size1;      /* announced size of the payload, or 0 */
    uint8_t no_response; /* bits of RFC 7967 §2.1, or 0 */
    bool bad_option;     /* a critical option that we do not know or that is not legal (§5.4.1) */
    bool proxying;       /* Proxy-Uri or Proxy-Scheme */
    bool query_too_long; /* Uri-Query or Location-Query beyond 255 bytes */
};

/* Reads the options of a message that was parsed without an error. */
void coap_request_read(struct coap_request *r, const struct coap_message *m);

/* Just the options that a duplicate is answered by. */
static inline bool coap_suppresses(uint8_t no_response, uint8_t code)
{
    return no_response & 1u << (COAP_CODE_CLASS(code) - 1);
}

#endif
