/* Opens stores in a real Redis for the conformance checks. */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_REDIS_FACTORY_H
#define SIMGATE_TESTS_UNIT_STORAGE_REDIS_FACTORY_H

#include "tests/unit/storage/redis_server.h"
#include "tests/unit/storage/store_conformance.h"

/* One Redis serves the stores of a process, one after the other. */
extern const struct store_factory redis_factory;

/* Puts devices into a Redis, under the prefix "simgate:". */
bool redis_factory_fill(struct redis_server *r, const struct conformance_device *devices,
                        size_t count);

#endif
