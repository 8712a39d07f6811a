/* The checks of store_conformance.h that are about templates. */
#include "tests/unit/storage/conformance_client.h"
#include "tests/unit/storage/store_conformance.h"

#include <stdlib.h>
#include <string.h>

#define TEXT "{\"sense\": []}"

static const struct conformance_device devices[] = {
    {"100.91.200.24", {.iccid = "8988280666000002864", .active = true}, "meter"},
    {"100.91.200.25", {.iccid = "8988280666000002865", .active = true}, "meter"},
    {"100.91.200.26", {.iccid = "8988280666000002866", .active = true}, "Tracker_2.0-b"},
    {"100.91.200.27", {.iccid = "8988280666000002867", .active = true}, "-"},
    {"100.91.200.28", {.iccid = "8988280666000002868", .active = true}, NULL},
};

struct scene {
    const struct store_factory *factory;
    struct store *store;
    struct client client;
};

static bool scene_open(struct scene *s, const struct store_factory *factory)
{
    s->factory = factory;
    s->store = factory->open(devices, sizeof(devices) / sizeof(*devices));
    return s->store && client_open(&s->client, s->store);
}

static const char *scene_close(struct scene *s)
{
    bool orderly = client_close(&s->client);

    store_close(s->store);
    return orderly ? NULL : "something came outside of a batch";
}

static bool put(struct scene *s, const char *name, const char *text)
{
    return s->factory->put_template(s->store, name, text, text ? strlen(text) : 0);
}

static uint16_t number_of(struct scene *s, size_t device)
{
    return client_find(&s->client, devices[device].address).device.template;
}

static bool finds(struct scene *s, uint16_t number, const char *name, const char *text,
                  size_t length)
{
    struct answer answer = client_find_template(&s->client, number);

    return answer.calls == 1 && answer.result == STORE_OK &&
           strcmp(answer.template_name, name) == 0 && answer.template_length == length &&
           memcmp(s->client.text, text, length) == 0;
}

static bool finds_none(struct scene *s, uint16_t number)
{
    struct answer answer = client_find_template(&s->client, number);

    return answer.calls == 1 && answer.result == STORE_ABSENT;
}

const char *conformance_devices_have_numbers_of_templates(const struct store_factory *factory)
{
    uint16_t meter, tracker;
    struct client other;
    struct scene s;

    if (!factory->put_template)
        return CONFORMANCE_SKIPPED;
    REQUIRE(scene_open(&s, factory));
    meter = number_of(&s, 0);
    tracker = number_of(&s, 2);
    REQUIRE(meter != STORE_TEMPLATE_ACTIVE && meter != STORE_TEMPLATE_NONE);
    REQUIRE(tracker != STORE_TEMPLATE_ACTIVE && tracker != STORE_TEMPLATE_NONE);
    REQUIRE(meter != tracker && number_of(&s, 1) == meter && number_of(&s, 0) == meter);
    REQUIRE(number_of(&s, 3) == STORE_TEMPLATE_NONE);
    REQUIRE(number_of(&s, 4) == STORE_TEMPLATE_ACTIVE);
    REQUIRE(client_open(&other, s.store));
    REQUIRE(client_find_by_iccid(&other, devices[2].device.iccid).device.template == tracker);
    REQUIRE(client_close(&other));
    return scene_close(&s);
}

const char *conformance_a_template_is_found_by_its_number(const struct store_factory *factory)
{
    struct scene s;

    if (!factory->put_template)
        return CONFORMANCE_SKIPPED;
    REQUIRE(scene_open(&s, factory));
    REQUIRE(put(&s, "meter", TEXT) && put(&s, "Tracker_2.0-b", TEXT "\n"));
    REQUIRE(finds(&s, number_of(&s, 0), "meter", TEXT, strlen(TEXT)));
    REQUIRE(finds(&s, number_of(&s, 2), "Tracker_2.0-b", TEXT "\n", strlen(TEXT) + 1));
    REQUIRE(put(&s, "meter", "{}"));
    REQUIRE(finds(&s, number_of(&s, 0), "meter", "{}", 2));
    return scene_close(&s);
}

/* Whether it is a good template is not the store's to say. */
const char *conformance_a_template_may_have_any_bytes(const struct store_factory *factory)
{
    char *text = malloc(STORE_TEMPLATE_TEXT_MAX);
    struct scene s;

    if (!factory->put_template) {
        free(text);
        return CONFORMANCE_SKIPPED;
    }
    REQUIRE(text && scene_open(&s, factory));
    for (size_t i = 0; i < STORE_TEMPLATE_TEXT_MAX; i++)
        text[i] = (char)(i * 7 + i / 256);
    REQUIRE(factory->put_template(s.store, "meter", text, STORE_TEMPLATE_TEXT_MAX));
    REQUIRE(finds(&s, number_of(&s, 0), "meter", text, STORE_TEMPLATE_TEXT_MAX));
    free(text);
    return scene_close(&s);
}

const char *conformance_a_template_that_is_missing_is_absent(const struct store_factory *factory)
{
    struct scene s;

    if (!factory->put_template)
        return CONFORMANCE_SKIPPED;
    REQUIRE(scene_open(&s, factory));
    REQUIRE(finds_none(&s, number_of(&s, 0)));
    REQUIRE(put(&s, "meter", TEXT));
    REQUIRE(finds_none(&s, number_of(&s, 2)));
    REQUIRE(finds(&s, number_of(&s, 0), "meter", TEXT, strlen(TEXT)));
    REQUIRE(put(&s, "meter", NULL));
    REQUIRE(finds_none(&s, number_of(&s, 0)));
    return scene_close(&s);
}

const char *conformance_the_active_template_is_found(const struct store_factory *factory)
{
    struct scene s;

    if (!factory->activate)
        return CONFORMANCE_SKIPPED;
    REQUIRE(scene_open(&s, factory));
    REQUIRE(put(&s, "meter", TEXT) && put(&s, "of-no-device", "{}"));
    REQUIRE(finds_none(&s, STORE_TEMPLATE_ACTIVE));
    REQUIRE(factory->activate(s.store, "of-no-device"));
    REQUIRE(finds(&s, STORE_TEMPLATE_ACTIVE, "of-no-device", "{}", 2));
    REQUIRE(finds(&s, number_of(&s, 0), "meter", TEXT, strlen(TEXT)));
    REQUIRE(factory->activate(s.store, "meter"));
    REQUIRE(finds(&s, STORE_TEMPLATE_ACTIVE, "meter", TEXT, strlen(TEXT)));
    REQUIRE(factory->activate(s.store, NULL));
    REQUIRE(finds_none(&s, STORE_TEMPLATE_ACTIVE));
    return scene_close(&s);
}

/* Waits for one notice more. */
static bool is_told(struct scene *s)
{
    unsigned known = s->client.template_changes;

    return client_drive(&s->client, &s->client.template_changes, known + 1);
}

const char *conformance_changes_of_templates_are_told(const struct store_factory *factory)
{
    struct scene s;

    if (!factory->put_template || !factory->activate)
        return CONFORMANCE_SKIPPED;
    REQUIRE(scene_open(&s, factory));
    REQUIRE(put(&s, "meter", TEXT) && is_told(&s));
    REQUIRE(put(&s, "meter", "{}") && is_told(&s));
    REQUIRE(factory->activate(s.store, "meter") && is_told(&s));
    REQUIRE(factory->activate(s.store, NULL) && is_told(&s));
    REQUIRE(put(&s, "meter", NULL) && is_told(&s));
    REQUIRE(s.client.device_changes == 0);
    return scene_close(&s);
}
