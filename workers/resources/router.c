#include "workers/resources/router.h"

#include "workers/resources/bootstrap.h"
#include "workers/resources/location.h"
#include "workers/resources/telemetry.h"
#include "workers/resources/well_known_core.h"

#include <string.h>

static const struct resource resources[] = {
    {.method = COAP_POST,
     .needs_device = true,
     .label = RESOURCE_TELEMETRY,
     .handle = telemetry_handle},
    {.path = {"data"},
     .path_count = 1,
     .method = COAP_POST,
     .needs_device = true,
     .label = RESOURCE_TELEMETRY,
     .handle = telemetry_handle},
    {.path = {"bootstrap"},
     .path_count = 1,
     .method = COAP_GET,
     .is_plain_only = true,
     .needs_device = true,
     .content_format = COAP_TEXT_PLAIN,
     .label = RESOURCE_BOOTSTRAP,
     .handle = bootstrap_handle},
    {.path = {"location"},
     .path_count = 1,
     .method = COAP_GET,
     .needs_device = true,
     .content_format = COAP_TEXT_PLAIN,
     .label = RESOURCE_LOCATION,
     .handle = location_handle},
    {.path = {".well-known", "core"},
     .path_count = 2,
     .method = COAP_GET,
     .content_format = COAP_LINK_FORMAT,
     .label = RESOURCE_WELL_KNOWN_CORE,
     .handle = well_known_core_handle},
};

/* Where there is no resource. Only a device is told so; others get 4.01. */
static const struct resource nowhere = {.needs_device = true, .label = RESOURCE_NONE};

static bool segment_is(const struct coap_text *segment, const char *name)
{
    return segment->length == strlen(name) && memcmp(segment->bytes, name, segment->length) == 0;
}

static bool is_on(const struct resource *resource, const struct coap_request *options,
                  uint32_t path_count)
{
    if (path_count != resource->path_count)
        return false;
    for (uint32_t i = 0; i < path_count; i++)
        if (!segment_is(&options->path[i], resource->path[i]))
            return false;
    return true;
}

const struct resource *router_find(const struct coap_request *options, bool is_secure)
{
    bool is_root = options->path_count == 1 && options->path[0].length == 0;
    uint32_t path_count = is_root ? 0 : options->path_count;

    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
        if (is_on(&resources[i], options, path_count) && !(is_secure && resources[i].is_plain_only))
            return &resources[i];
    return &nowhere;
}

uint8_t router_check(const struct resource *resource, const struct coap_message *m,
                     const struct coap_request *options)
{
    if (options->bad_option)
        return COAP_BAD_OPTION;
    if (options->proxying)
        return COAP_PROXYING_NOT_SUPPORTED;
    if (resource == &nowhere)
        return COAP_NOT_FOUND;
    if (m->code != resource->method)
        return COAP_METHOD_NOT_ALLOWED;
    if (options->query_too_long)
        return COAP_BAD_REQUEST;
    if (m->code == COAP_GET && options->accept >= 0 &&
        (uint32_t)options->accept != resource->content_format)
        return COAP_NOT_ACCEPTABLE;
    return 0;
}
