/* Payloads of devices that have a template: what is published, and what a message waits for. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define METER                                                                                      \
    "{\"sense\":[{\"asset\":\"Temperature\",\"value\":{\"byte\":0,\"bytelength\":2,\"type\":"      \
    "\"int\"}}]}"
#define OTHER                                                                                      \
    "{\"sense\":[{\"asset\":\"First\",\"value\":{\"byte\":0,\"bytelength\":1,\"type\":"            \
    "\"uint\"}}]}"
#define TRACKER                                                                                    \
    "{\"sense\":[{\"asset\":\"gps.lat\",\"custom_type\":\"location_lat\",\"value\":"               \
    "{\"byte\":0,\"bytelength\":4,\"type\":\"float\"}},"                                           \
    "{\"asset\":\"gps.lon\",\"custom_type\":\"location_long\",\"value\":"                          \
    "{\"byte\":4,\"bytelength\":4,\"type\":\"float\"}}]}"
#define POSITION "\x42\x4b\xbc\xf9\x40\xde\x98\x1c"

static struct simulation *open_simulation(const char *template)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;

    settings.telemetry.format = TELEMETRY_ENVELOPE;
    s = simulation_open(1, &settings);
    s->store->template_text = template;
    return s;
}

static struct simulated_request *post(struct simulation *s, const void *payload, size_t length)
{
    struct built_message b;
    char token[5];

    simulation_token(s, token);
    b = build_message(COAP_CON, COAP_POST, (uint16_t)s->request_count, token);
    build_payload(&b, payload, length);
    return simulation_add(s, s->now, 1, &b);
}

static const char *published(const struct simulation *s, uint32_t number)
{
    cr_assert_lt(number, s->lane->count);
    return s->lane->submissions[number].payload;
}

static void expect_published(const struct simulation *s, uint32_t number, const char *part)
{
    cr_assert(strstr(published(s, number), part), "%s is not in %s", part, published(s, number));
}

Test(translation, json_takes_the_payloads_place)
{
    struct simulation *s = open_simulation(METER);
    struct simulated_request *r = post(s, "\x00\x1a", 2);

    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(s->lane->count, 1);
    expect_published(s, 0, "{\"payload\":{\"type\":\"JSON\",\"value\":{\"Temperature\":26}},");
    simulation_close(s);
}

Test(translation, raw_publications_have_the_json_alone)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s = simulation_open(1, &settings);
    const struct fake_submission *sent;

    s->store->template_text = METER;
    post(s, "\xff\xff", 2);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_str_eq(published(s, 0), "{\"Temperature\":-1}");
    sent = &s->lane->submissions[0];
    cr_assert_str_eq(sent->properties[4], "type=JSON");
    simulation_close(s);
}

Test(translation, an_unreadable_payload_is_published_as_it_came_and_told_of)
{
    struct simulation *s = open_simulation(METER);
    struct simulated_request *r = post(s, "\x1a", 1);

    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(s->lane->count, 2);
    expect_published(s, 0, "\"type\":\"ERROR\"");
    expect_published(s, 0, "Temperature");
    expect_published(s, 1, "\"encoding\":\"base64\",\"value\":\"Gg==\"");
    cr_assert_eq(s->service.resources.translations.unreadable, 1);
    simulation_close(s);
}

/* Memory that would never be enough for it is no reason to have the device try for ever. */
Test(translation, json_that_the_memory_has_no_room_for_is_told_of)
{
    struct service_settings settings = simulation_settings();
    char template[4096] = "{\"sense\":[", payload[100] = "";
    struct simulated_request *r;
    struct simulation *s;

    for (int i = 0; i < 20; i++)
        sprintf(template + strlen(template),
                "%s{\"asset\":\"a%d\",\"value\":{\"byte\":0,\"endbyte\":0,\"type\":\"hex\"}}",
                i ? "," : "", i);
    strcat(template, "]}");
    settings.telemetry.payload_memory = 4096;
    settings.telemetry.format = TELEMETRY_ENVELOPE;
    s = simulation_open(1, &settings);
    s->store->template_text = template;
    r = post(s, payload, sizeof(payload));
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(s->lane->count, 2);
    expect_published(s, 0, "the JSON is too long");
    expect_published(s, 1, "\"encoding\":\"base64\"");
    simulation_close(s);
}

Test(translation, none_is_active_and_nothing_changes)
{
    struct simulation *s = open_simulation(NULL);

    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->lane->count, 1);
    expect_published(s, 0, "\"encoding\":\"base64\"");
    simulation_close(s);
}

Test(translation, a_device_may_be_exempt)
{
    struct simulation *s = open_simulation(METER);

    s->store->template = STORE_TEMPLATE_NONE;
    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    expect_published(s, 0, "\"encoding\":\"base64\"");
    cr_assert_eq(s->store->template_lookups, 0);
    simulation_close(s);
}

Test(translation, a_template_that_is_named_and_missing_is_told_of)
{
    struct simulation *s = open_simulation(NULL);

    s->store->template = 7;
    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->lane->count, 2);
    expect_published(s, 0, "\"type\":\"ERROR\"");
    expect_published(s, 1, "\"encoding\":\"base64\"");
    simulation_close(s);
}

Test(translation, messages_wait_for_the_template_once)
{
    struct simulation *s = open_simulation(METER);

    s->store->delay = s->store->template_delay = CLOCK_SECOND / 4;
    for (uint32_t i = 0; i < 4; i++)
        post(s, "\x00\x1a", 2);
    simulation_run(s, s->now + 3 * CLOCK_SECOND / 8);
    cr_assert_eq(s->lane->count, 0, "the device is known, and its template not yet");
    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->lane->count, 5);
    for (uint32_t i = 0; i < 5; i++)
        expect_published(s, i, "\"Temperature\":26");
    cr_assert_eq(s->store->template_lookups, 1);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(translation, a_template_that_cannot_be_asked_for_is_waited_for)
{
    struct simulation *s = open_simulation(METER);
    struct simulated_request *refused = post(s, "\x00\x1a", 2), *accepted;

    s->store->template_result = STORE_UNREACHABLE;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(refused->code, COAP_BAD_GATEWAY, "not published as if there was no template");
    cr_assert_eq(s->lane->count, 0);
    s->store->template_result = STORE_OK;
    accepted = post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(accepted->code, COAP_CHANGED);
    expect_published(s, 0, "\"Temperature\":26");
    simulation_close(s);
}

Test(translation, a_change_counts_from_the_next_message)
{
    struct simulation *s = open_simulation(METER);

    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    s->store->template_text = OTHER;
    service_doubt_templates(&s->service);
    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    expect_published(s, 1, "\"value\":{\"First\":0}");
    cr_assert_eq(s->store->template_lookups, 2);
    simulation_close(s);
}

Test(translation, a_bad_template_changes_nothing)
{
    struct simulation *s = open_simulation(METER);

    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    s->store->template_text = "{\"sense\":[{}]}";
    service_doubt_templates(&s->service);
    post(s, "\x00\x1b", 2);
    simulation_run(s, CLOCK_NEVER);
    expect_published(s, 1, "\"Temperature\":27");
    cr_assert_eq(s->service.templates.refused, 1);
    simulation_close(s);
}

Test(translation, a_bad_template_in_the_beginning_is_told_of)
{
    struct simulation *s = open_simulation("{\"sense\":");

    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->lane->count, 2);
    expect_published(s, 0, "\"type\":\"ERROR\"");
    expect_published(s, 1, "\"encoding\":\"base64\"");
    simulation_close(s);
}

/* Such as a key of another kind. Nobody tells when that ends, so devices that are looked up ask. */
Test(translation, a_template_that_is_refused_is_as_good_as_a_bad_one)
{
    struct simulation *s = open_simulation(METER);
    struct simulated_request *r = post(s, "\x00\x1a", 2);

    s->store->template_result = STORE_REFUSED;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    expect_published(s, 0, "\"type\":\"ERROR\"");
    expect_published(s, 1, "\"encoding\":\"base64\"");
    s->store->template_result = STORE_OK;
    simulation_run(s, s->now + 61 * CLOCK_SECOND);
    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    expect_published(s, 2, "\"Temperature\":26");
    simulation_close(s);
}

Test(translation, the_template_in_force_serves_while_the_store_is_away)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;

    settings.serves_degraded = true;
    s = simulation_open(1, &settings);
    s->store->template_text = METER;
    post(s, "\x00\x1a", 2);
    simulation_run(s, CLOCK_NEVER);
    s->store->result = s->store->template_result = s->store->reserve_result = STORE_UNREACHABLE;
    service_doubt(&s->service);
    post(s, "\x00\x1b", 2);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_str_eq(published(s, 1), "{\"Temperature\":27}");
    simulation_close(s);
}

Test(translation, a_location_in_a_payload_is_kept)
{
    struct simulation *s = open_simulation(TRACKER);

    post(s, POSITION, 8);
    simulation_run(s, CLOCK_NEVER);
    expect_published(s, 0, "\"value\":{\"gps\":{\"lat\":50.934544,\"lon\":6.956068}}");
    cr_assert_eq(s->store->locations_set, 1);
    cr_assert_str_eq(s->store->location.latitude, "50.934544");
    cr_assert_str_eq(s->store->location.longitude, "6.956068");
    cr_assert_str_eq(s->store->location.source, "GPS");
    cr_assert(location_is_legal(&s->store->location));
    simulation_close(s);
}

Test(translation, what_another_gateway_published_entails_nothing_here)
{
    struct simulation *s = open_simulation(TRACKER);

    s->store->exchange = (struct store_exchange){STORE_EXCHANGE_SETTLED, COAP_CHANGED, 0};
    post(s, POSITION, 8);
    post(s, "\x00", 1);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->store->locations_set, 0);
    cr_assert_eq(s->lane->count, 0, "no event either");
    simulation_close(s);
}
