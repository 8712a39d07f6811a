/* The checks of store_conformance.h that are about locations. */
#include "tests/unit/storage/conformance_client.h"
#include "tests/unit/storage/store_conformance.h"

#include <string.h>
#include <time.h>

#define ICCID "8988280666000002864"
#define OTHER "8988280666000002865"

static const struct conformance_device devices[] = {
    {"100.91.200.24", {.iccid = ICCID, .active = true}, NULL},
    {"100.91.200.25", {.iccid = OTHER, .active = true}, NULL},
};

/* Numbers that no floating point would give back. */
static const struct location here = {"13.4049540", "52.520008", "GPS", "1700000000"};
static const struct location there = {"-000.1000000000000000005", "-90.0", "", ""};

struct scene {
    struct store *store;
    struct client one, other;
};

static bool scene_open(struct scene *s, const struct store_factory *factory)
{
    s->store = factory->open(devices, sizeof(devices) / sizeof(*devices));
    return s->store && client_open(&s->one, s->store) && client_open(&s->other, s->store);
}

static const char *scene_close(struct scene *s)
{
    bool orderly = client_close(&s->one) && client_close(&s->other);

    store_close(s->store);
    return orderly ? NULL : "something came outside of a batch";
}

static bool is_equal(const struct location *a, const struct location *b)
{
    return strcmp(a->longitude, b->longitude) == 0 && strcmp(a->latitude, b->latitude) == 0 &&
           strcmp(a->source, b->source) == 0 && strcmp(a->sample_time, b->sample_time) == 0;
}

static void set(struct client *c, const char *iccid, const struct location *location)
{
    store_location_set(c->session, iccid, location);
    store_session_flush(c->session);
}

/* Setting is not answered, so it may be seen a little later. */
static bool comes_to(struct client *c, const char *iccid, const struct location *location)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    uint64_t deadline = clock_now() + CONFORMANCE_PATIENCE;
    struct answer answer = client_find_location(c, iccid);

    while (!is_equal(&answer.location, location) && clock_now() < deadline) {
        nanosleep(&pause, NULL);
        answer = client_find_location(c, iccid);
    }
    return answer.calls == 1 && answer.result == STORE_OK && is_equal(&answer.location, location);
}

const char *
conformance_a_location_that_was_never_said_is_absent(const struct store_factory *factory)
{
    struct answer answer;
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    answer = client_find_location(&s.one, ICCID);
    REQUIRE(answer.calls == 1 && answer.result == STORE_ABSENT);
    return scene_close(&s);
}

const char *conformance_a_location_is_found_as_it_was_set(const struct store_factory *factory)
{
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    set(&s.one, ICCID, &here);
    REQUIRE(comes_to(&s.one, ICCID, &here));
    REQUIRE(comes_to(&s.other, ICCID, &here));
    return scene_close(&s);
}

const char *conformance_each_device_has_its_own_location(const struct store_factory *factory)
{
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    set(&s.one, ICCID, &here);
    REQUIRE(comes_to(&s.other, ICCID, &here));
    REQUIRE(client_find_location(&s.other, OTHER).result == STORE_ABSENT);
    set(&s.one, OTHER, &there);
    REQUIRE(comes_to(&s.other, OTHER, &there));
    REQUIRE(comes_to(&s.other, ICCID, &here));
    return scene_close(&s);
}

const char *
conformance_the_newest_location_replaces_all_of_the_former(const struct store_factory *factory)
{
    struct scene s;

    REQUIRE(scene_open(&s, factory));
    set(&s.one, ICCID, &here);
    REQUIRE(comes_to(&s.other, ICCID, &here));
    set(&s.other, ICCID, &there);
    REQUIRE(comes_to(&s.one, ICCID, &there));
    return scene_close(&s);
}
