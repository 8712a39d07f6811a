/*
 * A session of a Redis store with a client that looks at what it says, and the log of the store,
 * for the tests of what only a Redis store does. One thread.
 */
#ifndef SIMGATE_TESTS_UNIT_STORAGE_REDIS_SCENE_H
#define SIMGATE_TESTS_UNIT_STORAGE_REDIS_SCENE_H

#include "base/log.h"
#include "tests/unit/storage/conformance_client.h"
#include "tests/unit/storage/redis_factory.h"

#include <criterion/criterion.h>

struct redis_scene {
    struct redis_server server;
    struct store_settings settings;
    struct log log; /* to a file without a name */
    struct store *store;
    struct client client;
};

/* Device 0 has 10.0.0.1 and so on; `settings` and `options` may still be changed between the two.
 */
void redis_scene_start(struct redis_scene *s, const char *const *options);
void redis_scene_open(struct redis_scene *s);

void redis_scene_close(struct redis_scene *s);

#define REDIS_SCENE_ICCID "8988280666000002864" /* of 10.0.0.1 and fd00:0:0:1:: */

/* Runs the loop for a moment, as its owner would. */
void redis_scene_turn(struct redis_scene *s);

uint64_t redis_scene_count(const struct redis_scene *s, enum store_counter counter);

/* Whether the log has the text by now. */
bool redis_scene_logged(const struct redis_scene *s, const char *text);

/* Turns until it holds, or fails the test. */
#define AWAIT(scene, condition)                                                                    \
    do {                                                                                           \
        uint64_t await_deadline = clock_now() + CONFORMANCE_PATIENCE;                              \
                                                                                                   \
        while (!(condition) && clock_now() < await_deadline)                                       \
            redis_scene_turn(scene);                                                               \
        cr_assert(condition);                                                                      \
    } while (0)

#endif
