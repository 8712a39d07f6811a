/* Holds the stores to what every store is held to, and the checks to what they are for. */
#include "tests/unit/storage/memory_factory.h"
#include "tests/unit/storage/redis_factory.h"
#include "tests/unit/storage/store_conformance.h"
#include "tests/unit/storage/toy_shared_store.h"

#include <criterion/criterion.h>

static void expect_conformance(const struct store_factory *factory, conformance_check *check)
{
    const char *failure = check(factory);

    if (failure == CONFORMANCE_SKIPPED)
        cr_skip_test("%s", failure);
    cr_expect_eq((void *)failure, NULL, "%s", failure);
}

#define MEMORY_TEST(name)                                                                          \
    Test(memory_store, name)                                                                       \
    {                                                                                              \
        expect_conformance(&memory_factory, conformance_##name);                                   \
    }

CONFORMANCE_CHECKS(MEMORY_TEST)
CONFORMANCE_LOCATION_CHECKS(MEMORY_TEST)

#define REDIS_TEST(name)                                                                           \
    Test(redis_store, name)                                                                        \
    {                                                                                              \
        expect_conformance(&redis_factory, conformance_##name);                                    \
    }

CONFORMANCE_CHECKS(REDIS_TEST)
CONFORMANCE_LOCATION_CHECKS(REDIS_TEST)

/* All but the large ones, since the toy searches a list. */
#define TOY_TEST(name)                                                                             \
    Test(toy_shared_store, name)                                                                   \
    {                                                                                              \
        expect_conformance(&toy_shared_factory, conformance_##name);                               \
    }

TOY_TEST(finds_active)
TOY_TEST(answers_absent)
TOY_TEST(serves_sessions_on_threads)
TOY_TEST(reserves_a_new_exchange)
TOY_TEST(always_reserves_unless_shared)
TOY_TEST(shared_reservation_is_in_progress)
TOY_TEST(shared_outcome_is_told)
TOY_TEST(shared_release_frees)
TOY_TEST(shared_reservation_ends)
TOY_TEST(shared_keys_are_apart)
