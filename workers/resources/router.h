/*
 * Which resource a request is for, and the checks that all of them share. Any thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ROUTER_H
#define SIMGATE_WORKERS_RESOURCES_ROUTER_H

#include "workers/resources/resource.h"

/* The resource on the request's path, never NULL: where there is none, one that router_check()
 * answers 4.04. A single empty segment is the root: a widespread client sends it. */
const struct resource *router_find(const struct coap_request *options, bool is_secure);

/* Checks options, path, method and content format, in this order, for what router_find() returned.
 * Returns 0 or the code to answer with. */
uint8_t router_check(const struct resource *resource, const struct coap_message *m,
                     const struct coap_request *options);

#endif
