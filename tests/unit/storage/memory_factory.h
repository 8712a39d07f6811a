/* Opens memory stores for the conformance checks. */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_MEMORY_FACTORY_H
#define SIMGATE_TESTS_UNIT_STORAGE_MEMORY_FACTORY_H

#include "tests/unit/storage/store_conformance.h"

extern const struct store_factory memory_factory;

#endif
