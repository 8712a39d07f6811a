/*
 * GET /.well-known/core: the list of resources in link format (RFC 6690, RFC 7252 §7.2). Worker's
 * thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_WELL_KNOWN_CORE_H
#define SIMGATE_WORKERS_RESOURCES_WELL_KNOWN_CORE_H

#include "workers/resources/resource.h"

void well_known_core_handle(struct resources *r, const struct resource_request *request);

#endif
