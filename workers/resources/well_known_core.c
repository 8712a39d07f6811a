#include "workers/resources/well_known_core.h"

static const char links[] =
    "</>;rt=\"telemetry\",</data>;rt=\"telemetry\",</location>;rt=\"location\";ct=0";

void well_known_core_handle(struct resources *r, const struct resource_request *request)
{
    struct coap_response response = coap_response_of(COAP_CONTENT);

    response.content_format = COAP_LINK_FORMAT;
    response.payload = (const uint8_t *)links;
    response.payload_length = sizeof(links) - 1;
    if (!block2_cut(&response, &request->options->block2))
        response = coap_response_of(COAP_BAD_REQUEST);
    resource_respond(r, request->exchange, &response);
}
