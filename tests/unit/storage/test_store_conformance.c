/* Holds the memory store to what every store is held to. */
#include "memory_factory.h"
#include "store_conformance.h"

#include <criterion/criterion.h>

static void expect_conformance(conformance_check *check)
{
    const char *failure = check(&memory_factory);

    if (failure == CONFORMANCE_SKIPPED)
        cr_skip_test("%s", failure);
    cr_expect_eq((void *)failure, NULL, "%s", failure);
}

#define MEMORY_TEST(name)                                                                          \
    Test(memory_store, name)                                                                       \
    {                                                                                              \
        expect_conformance(conformance_##name);                                                    \
    }

CONFORMANCE_CHECKS(MEMORY_TEST)
