/*
 * GET /location: tells a device that may know it where it is, as CSV. Worker's thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_LOCATION_H
#define SIMGATE_WORKERS_RESOURCES_LOCATION_H

#include "base/slab.h"
#include "workers/resources/resource.h"

struct location_queries {
    struct slab slab; /* that wait for the store */
};

/* Returns 0 or -ENOMEM. */
int location_queries_init(struct location_queries *q);

/* After the store's session is closed. */
void location_queries_deinit(struct location_queries *q);

void location_handle(struct resources *r, const struct resource_request *request);

#endif
