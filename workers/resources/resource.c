#include "workers/resources/resource.h"

void resource_respond(struct resources *r, struct exchange *x, const struct coap_response *response)
{
    if (x->received == r->now) /* the clock is read once a batch, at its end */
        r->instant[x->label]++;
    else
        histogram_record(&r->durations[x->label], r->now - x->received);
    exchange_respond(r->exchanges, r->now, x, response);
}

void resource_respond_code(struct resources *r, struct exchange *x, uint8_t code)
{
    struct coap_response response = coap_response_of(code);

    resource_respond(r, x, &response);
}

bool resource_store_is_gone(enum store_result result)
{
    return result == STORE_UNREACHABLE || result == STORE_REFUSED || result == STORE_TIMED_OUT;
}

uint8_t resource_store_code(enum store_result result)
{
    switch (result) {
    case STORE_TIMED_OUT:
        return COAP_GATEWAY_TIMEOUT;
    case STORE_OVERLOADED:
        return COAP_SERVICE_UNAVAILABLE;
    default:
        return COAP_BAD_GATEWAY;
    }
}

void resources_collect(struct resources *r)
{
    struct publication *p;

    while ((p = publisher_collect(r->publisher))) {
        struct outbound *outbound = p->context;

        outbound->finish(r, outbound, p->result);
    }
}

void resources_flush(struct resources *r, uint64_t now)
{
    for (int i = 0; i < RESOURCE_LABELS; i++) {
        if (r->instant[i])
            histogram_record_many(&r->durations[i], now - r->now, r->instant[i]);
        r->instant[i] = 0;
    }
}
