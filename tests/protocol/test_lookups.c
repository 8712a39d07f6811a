/* Datagrams that wait for a store that is slow, and what comes of its answers. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>

static struct simulation *open_simulation(uint64_t store_delay)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s = simulation_open(1, &settings);

    s->store->delay = store_delay;
    return s;
}

static void expect_code_after(enum store_result result, uint64_t delay, uint8_t code)
{
    struct simulation *s = open_simulation(delay);
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

    s->store->result = result;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->state, SIMULATED_ANSWERED);
    cr_assert_eq(r->code, code);
    cr_assert_eq(r->answered_at - r->begun, delay);
    cr_assert_eq(s->store->lookups, 1);
    cr_assert_eq(simulation_published(s, r), code == COAP_CHANGED);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(lookups, every_answer_at_once_and_later)
{
    for (uint64_t delay = 0; delay <= CLOCK_SECOND / 2; delay += CLOCK_SECOND / 2) {
        expect_code_after(STORE_OK, delay, COAP_CHANGED);
        expect_code_after(STORE_ABSENT, delay, COAP_UNAUTHORIZED);
        expect_code_after(STORE_UNREACHABLE, delay, COAP_BAD_GATEWAY);
        expect_code_after(STORE_TIMED_OUT, delay, COAP_GATEWAY_TIMEOUT);
    }
}

Test(lookups, an_inactive_device_is_unauthorized)
{
    struct simulation *s = open_simulation(CLOCK_SECOND);
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

    s->store->inactive = true;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_UNAUTHORIZED);
    simulation_close(s);
}

Test(lookups, are_cached_for_a_minute_and_absence_for_five_seconds)
{
    struct simulation *s = open_simulation(0);

    simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_post(s, s->now + 59 * CLOCK_SECOND, 1, COAP_CON, 0);
    simulation_run(s, s->now + 59 * CLOCK_SECOND);
    cr_assert_eq(s->store->lookups, 1);
    simulation_post(s, s->now + 2 * CLOCK_SECOND, 1, COAP_CON, 0);
    simulation_run(s, s->now + 10 * CLOCK_SECOND);
    cr_assert_eq(s->store->lookups, 2);
    s->store->result = STORE_ABSENT;
    simulation_post(s, s->now, 2, COAP_CON, 0);
    simulation_post(s, s->now + 4 * CLOCK_SECOND, 2, COAP_CON, 0);
    simulation_run(s, s->now + 4 * CLOCK_SECOND);
    cr_assert_eq(s->store->lookups, 3);
    simulation_post(s, s->now + 2 * CLOCK_SECOND, 2, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->store->lookups, 4);
    simulation_close(s);
}

Test(lookups, a_failure_is_not_cached)
{
    struct simulation *s = open_simulation(0);
    struct simulated_request *r;

    s->store->result = STORE_UNREACHABLE;
    simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, s->now);
    s->store->result = STORE_OK;
    r = simulation_post(s, s->now + 1, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    simulation_close(s);
}

Test(lookups, are_asked_once_for_what_waits)
{
    struct simulation *s = open_simulation(CLOCK_SECOND);

    for (int i = 0; i < 9; i++)
        simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->store->lookups, 1);
    for (uint32_t i = 0; i < s->request_count; i++) {
        cr_assert_eq(s->requests[i].code, COAP_CHANGED);
        cr_assert_eq(s->lane->submissions[i].payload[8], (char)('0' + i), "in their order");
    }
    simulation_close(s);
}

Test(lookups, let_some_datagrams_of_an_identity_wait)
{
    struct simulation *s = open_simulation(CLOCK_SECOND);
    uint32_t refused = 0;

    for (int i = 0; i < PARKING_PER_IDENTITY + 3; i++)
        simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    for (uint32_t i = 0; i < s->request_count; i++) {
        refused += s->requests[i].code == COAP_SERVICE_UNAVAILABLE;
        cr_assert_eq(simulation_published(s, &s->requests[i]), s->requests[i].code == COAP_CHANGED);
    }
    cr_assert_eq(refused, 3);
    cr_assert_eq(s->service.parking.refused, 3);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(lookups, retransmissions_of_what_waits_take_no_place)
{
    struct simulation *s = open_simulation(90 * CLOCK_SECOND);
    struct simulated_request *r = NULL;

    for (int i = 0; i < PARKING_PER_IDENTITY; i++)
        r = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, s->now + 80 * CLOCK_SECOND);
    cr_assert_eq(r->sends, SIMULATION_SENDS);
    cr_assert_eq(s->service.parking.refused, 0);
    cr_assert_eq(s->sent_count, 0);
    cr_assert_eq(s->service.parking.message_slab.used, PARKING_PER_IDENTITY);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(simulation_published(s, r), 1);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(lookups, are_bounded_in_number)
{
    struct simulation *s = open_simulation(CLOCK_SECOND / 2);
    uint32_t refused = 0, served = 0;

    for (uint32_t i = 0; i < PARKING_LOOKUPS + 20; i++)
        simulation_post(s, s->now, 1 + i, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    for (uint32_t i = 0; i < s->request_count; i++) {
        refused += s->requests[i].code == COAP_SERVICE_UNAVAILABLE;
        served += s->requests[i].code == COAP_CHANGED;
    }
    cr_assert_eq(refused, 20);
    cr_assert_eq(served, PARKING_LOOKUPS);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(lookups, are_left_out_for_what_needs_no_device)
{
    struct simulation *s = open_simulation(CLOCK_SECOND);
    struct simulated_request *r;
    struct built_message b;
    char token[5];

    simulation_token(s, token);
    b = build_message(COAP_CON, COAP_GET, 1, token);
    build_option_text(&b, COAP_OPTION_URI_PATH, ".well-known");
    build_option_text(&b, COAP_OPTION_URI_PATH, "core");
    r = simulation_add(s, s->now, 1, &b);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CONTENT);
    cr_assert_eq(s->store->lookups, 0);
    simulation_close(s);
}
