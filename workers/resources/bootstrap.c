#include "workers/resources/bootstrap.h"

#include <string.h>

#define CALLS_MAX   1024
#define PAYLOAD_MAX (DEVICE_ICCID_MAX + 1 + PSK_TEXT_MAX + 1 + BOOTSTRAP_URL_MAX)

/* A call that waits for the store, which always answers. */
struct call {
    struct resources *resources;
    struct exchange *exchange;
    char iccid[DEVICE_ICCID_MAX + 1];
    struct coap_block block2;
};

int bootstrap_init(struct bootstrap *b, const struct bootstrap_settings *settings)
{
    *b = (struct bootstrap){.settings = *settings};
    return slab_init(&b->calls, sizeof(struct call), CALLS_MAX);
}

void bootstrap_deinit(struct bootstrap *b)
{
    slab_deinit(&b->calls);
}

static void write_text(struct writer *w, const char *text)
{
    writer_bytes(w, text, strlen(text));
}

/* What is set, or the address that the device wrote to: wrong behind address translation. */
static void write_url(struct writer *w, const struct bootstrap_settings *settings,
                      const struct datagram_path *path)
{
    struct net_address address = path->local;
    char text[NET_ADDRESS_TEXT];

    if (*settings->public_url) {
        write_text(w, settings->public_url);
        return;
    }
    address.port = settings->coaps_port;
    write_text(w, "coaps://");
    write_text(w, net_address_format(&address, text));
}

static void tell(struct resources *r, struct call *call, const struct psk *key)
{
    struct coap_response response = coap_response_of(COAP_CONTENT);
    uint8_t payload[PAYLOAD_MAX];
    struct writer w = writer_over(payload, sizeof(payload));

    write_text(&w, call->iccid);
    writer_u8(&w, ',');
    write_text(&w, key->text);
    writer_u8(&w, ',');
    write_url(&w, &r->bootstrap->settings, &call->exchange->path);
    response.content_format = COAP_TEXT_PLAIN;
    response.payload = payload;
    response.payload_length = (uint32_t)writer_length(&w);
    if (!block2_cut(&response, &call->block2))
        response = coap_response_of(COAP_BAD_REQUEST);
    resource_respond(r, call->exchange, &response);
    explicit_bzero(payload, sizeof(payload));
}

static void on_keys(void *context, enum store_result result, const struct psk_record *record)
{
    struct call *call = context;
    struct resources *r = call->resources;

    if (result == STORE_OK)
        tell(r, call, &record->newest);
    else
        resource_respond_code(r, call->exchange, resource_store_code(result));
    slab_give(&r->bootstrap->calls, call);
}

void bootstrap_handle(struct resources *r, const struct resource_request *request)
{
    const struct bootstrap_settings *settings = &r->bootstrap->settings;
    struct call *call;

    if (!*settings->public_url && settings->coaps_port == 0) {
        resource_respond_code(r, request->exchange, COAP_NOT_FOUND);
        return;
    }
    call = slab_take(&r->bootstrap->calls);
    if (!call) {
        resource_respond_code(r, request->exchange, COAP_SERVICE_UNAVAILABLE);
        return;
    }
    *call = (struct call){
        .resources = r, .exchange = request->exchange, .block2 = request->options->block2};
    memcpy(call->iccid, request->device->iccid, sizeof(call->iccid));
    store_psk_bootstrap(r->store, call->iccid, on_keys, call);
}
