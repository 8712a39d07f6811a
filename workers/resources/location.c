#include "workers/resources/location.h"

#define QUERIES_MAX 1024
#define HEADER      "Longitude,Latitude,Source,SampleTime\n"
#define PAYLOAD_MAX (sizeof(HEADER) + sizeof(struct location))

/* A request that waits for the store, which always answers. */
struct location_query {
    struct resources *resources;
    struct exchange *exchange;
    struct coap_block block2;
};

int location_queries_init(struct location_queries *q)
{
    return slab_init(&q->slab, sizeof(struct location_query), QUERIES_MAX);
}

void location_queries_deinit(struct location_queries *q)
{
    slab_deinit(&q->slab);
}

/* Nothing in it needs quotes. */
static void write_csv(struct writer *w, const struct location *l)
{
    writer_literal(w, HEADER);
    writer_text(w, l->longitude);
    writer_u8(w, ',');
    writer_text(w, l->latitude);
    writer_u8(w, ',');
    writer_text(w, l->source);
    writer_u8(w, ',');
    writer_text(w, l->sample_time);
    writer_u8(w, '\n');
}

static void tell(struct resources *r, const struct location_query *query, const struct location *l)
{
    struct coap_response response = coap_response_of(COAP_CONTENT);
    uint8_t payload[PAYLOAD_MAX];
    struct writer w = writer_over(payload, sizeof(payload));

    write_csv(&w, l);
    response.content_format = COAP_TEXT_PLAIN;
    response.payload = payload;
    response.payload_length = (uint32_t)writer_length(&w);
    if (!block2_cut(&response, &query->block2))
        response = coap_response_of(COAP_BAD_REQUEST);
    resource_respond(r, query->exchange, &response);
}

static void on_location(void *context, enum store_result result, const struct location *l)
{
    struct location_query *query = context;
    struct resources *r = query->resources;

    if (result == STORE_OK)
        tell(r, query, l);
    else
        resource_respond_code(r, query->exchange,
                              result == STORE_ABSENT ? COAP_NOT_FOUND
                                                     : resource_store_code(result));
    slab_give(&r->location_queries->slab, query);
}

void location_handle(struct resources *r, const struct resource_request *request)
{
    struct location_query *query;

    if (!request->device->location_allowed) {
        resource_respond_code(r, request->exchange, COAP_FORBIDDEN);
        return;
    }
    query = slab_take(&r->location_queries->slab);
    if (!query) {
        resource_respond_code(r, request->exchange, COAP_SERVICE_UNAVAILABLE);
        return;
    }
    *query = (struct location_query){
        .resources = r, .exchange = request->exchange, .block2 = request->options->block2};
    store_location_find(r->store, request->device->iccid, on_location, query);
}
