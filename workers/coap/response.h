/*
 * A response: what a resource says, and how it goes on the wire (RFC 7252 §5.2). Any thread; the
 * payload is borrowed.
 */
#ifndef SIMGATE_WORKERS_COAP_RESPONSE_H
#define SIMGATE_WORKERS_COAP_RESPONSE_H

#include "workers/coap/request.h"

#define COAP_ABSENT UINT32_MAX

struct coap_response {
    uint8_t code;
    uint32_t content_format; /* or COAP_ABSENT, as all of these */
    uint32_t max_age;        /* seconds */
    uint32_t block2;         /* encoded */
    uint32_t block1;         /* encoded */
    uint32_t size2;          /* bytes */
    uint32_t size1;          /* bytes */
    const uint8_t *payload;
    uint32_t payload_length; /* 0: no payload, and no marker */
};

/* Nothing but a code. */
static inline struct coap_response coap_response_of(uint8_t code)
{
    return (struct coap_response){.code = code,
                                  .content_format = COAP_ABSENT,
                                  .max_age = COAP_ABSENT,
                                  .block2 = COAP_ABSENT,
                                  .block1 = COAP_ABSENT,
                                  .size2 = COAP_ABSENT,
                                  .size1 = COAP_ABSENT};
}

/* Options and payload, behind a header that was written. */
void coap_write_response(struct writer *w, const struct coap_response *r);

#endif
