#include "workers/coap/response.h"

static void write_present(struct writer *w, uint16_t *last, uint16_t number, uint32_t value)
{
    if (value != COAP_ABSENT)
        coap_write_option_uint(w, last, number, value);
}

void coap_write_response(struct writer *w, const struct coap_response *r)
{
    uint16_t last = 0;

    write_present(w, &last, COAP_OPTION_CONTENT_FORMAT, r->content_format);
    write_present(w, &last, COAP_OPTION_MAX_AGE, r->max_age);
    write_present(w, &last, COAP_OPTION_BLOCK2, r->block2);
    write_present(w, &last, COAP_OPTION_BLOCK1, r->block1);
    write_present(w, &last, COAP_OPTION_SIZE2, r->size2);
    write_present(w, &last, COAP_OPTION_SIZE1, r->size1);
    if (r->payload_length) {
        writer_u8(w, COAP_PAYLOAD_MARKER);
        writer_bytes(w, r->payload, r->payload_length);
    }
}
