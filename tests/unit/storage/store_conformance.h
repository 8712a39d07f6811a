/*
 * What every implementation of storage/store.h is held to. A check is given a factory that opens
 * stores of one kind, and needs no test framework, so that a plain program can run it under
 * ThreadSanitizer. It leaves memory behind when it fails.
 */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_STORE_CONFORMANCE_H
#define SIMGATE_TESTS_UNIT_STORAGE_STORE_CONFORMANCE_H

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

struct conformance_device {
    const char *address;  /* one; IPv6 is cut to 64 bits */
    struct device device; /* but for the number of its template */
    const char *template; /* the name of one; NULL: none */
};

struct store_factory {
    /* A store that has these devices and no exchange, ready within its first answers. NULL: it did
     * not work. */
    struct store *(*open)(const struct conformance_device *devices, size_t count);
    /* Changes a template of the store that was opened last, and which is active; NULL takes it
     * away. Both are NULL where templates cannot be changed: their checks are skipped. */
    bool (*put_template)(struct store *store, const char *name, const char *text, size_t length);
    bool (*activate)(struct store *store, const char *name);
};

/* NULL: it holds. CONFORMANCE_SKIPPED: this kind of store does not offer it (see store_ops). Or
 * what does not hold, with its place. */
typedef const char *conformance_check(const struct store_factory *factory);

extern const char CONFORMANCE_SKIPPED[];

/* Every check, as X(name) of conformance_name(): a new kind of store gets all of them. */
#define CONFORMANCE_CHECKS(X)                                                                      \
    X(finds_active)                                                                                \
    X(finds_inactive)                                                                              \
    X(finds_ipv4)                                                                                  \
    X(finds_ipv6)                                                                                  \
    X(finds_by_iccid)                                                                              \
    X(answers_absent)                                                                              \
    X(answers_absent_by_iccid)                                                                     \
    X(lends_the_device_until_the_callback_returns)                                                 \
    X(answers_each_question_once)                                                                  \
    X(answers_before_a_session_is_closed)                                                          \
    X(finds_each_of_many)                                                                          \
    X(serves_sessions_on_threads)                                                                  \
    X(reserves_a_new_exchange)                                                                     \
    X(always_reserves_unless_shared)                                                               \
    X(shared_reservation_is_in_progress)                                                           \
    X(shared_outcome_is_told)                                                                      \
    X(shared_release_frees)                                                                        \
    X(shared_reservation_ends)                                                                     \
    X(shared_keys_are_apart)                                                                       \
    X(a_device_without_a_key_is_given_one)                                                         \
    X(each_device_has_its_own_key)                                                                 \
    X(sessions_agree_on_keys)                                                                      \
    X(a_proved_key_is_told)                                                                        \
    X(a_key_of_nobody_proves_nothing)                                                              \
    X(devices_have_numbers_of_templates)                                                           \
    X(a_template_is_found_by_its_number)                                                           \
    X(a_template_may_have_any_bytes)                                                               \
    X(a_template_that_is_missing_is_absent)                                                        \
    X(the_active_template_is_found)                                                                \
    X(changes_of_templates_are_told)

/* Those of stores that keep locations. */
#define CONFORMANCE_LOCATION_CHECKS(X)                                                             \
    X(a_location_that_was_never_said_is_absent)                                                    \
    X(a_location_is_found_as_it_was_set)                                                           \
    X(each_device_has_its_own_location)                                                            \
    X(the_newest_location_replaces_all_of_the_former)

#define CONFORMANCE_DECLARE(name) conformance_check conformance_##name;
CONFORMANCE_CHECKS(CONFORMANCE_DECLARE)
CONFORMANCE_LOCATION_CHECKS(CONFORMANCE_DECLARE)

#endif
