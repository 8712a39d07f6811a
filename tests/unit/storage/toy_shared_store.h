/*
 * A store whose exchanges are shared by its sessions, with a lock and a short list: it is no use to
 * anybody, but shows that the conformance checks of shared stores can be passed.
 */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_TOY_SHARED_STORE_H
#define SIMGATE_TESTS_UNIT_STORAGE_TOY_SHARED_STORE_H

#include "tests/unit/storage/store_conformance.h"

extern const struct store_factory toy_shared_factory;

#endif
