/* A store that gateways share: what others have answered, and going on without it. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>

static struct simulation *open_reserving(enum store_exchange_state state, uint64_t delay)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s = simulation_open(1, &settings);

    s->store->reserve_delay = delay;
    s->store->exchange.state = state;
    s->store->exchange.code = COAP_FORBIDDEN;
    return s;
}

Test(reservations, another_gateways_outcome_is_given_and_not_published)
{
    struct simulation *s = open_reserving(STORE_EXCHANGE_SETTLED, CLOCK_SECOND / 2);
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_FORBIDDEN);
    cr_assert_eq(s->lane->count, 0);
    cr_assert_eq(s->store->settled, 0);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(reservations, what_another_gateway_is_at_is_left_to_it)
{
    struct simulation *s = open_reserving(STORE_EXCHANGE_IN_PROGRESS, CLOCK_SECOND / 2);
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

    simulation_run(s, s->now + CLOCK_SECOND);
    cr_assert_eq(s->sent_count, 0);
    s->store->exchange.state = STORE_EXCHANGE_RESERVED; /* it died */
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(r->sends, 2);
    cr_assert_eq(s->store->settled, 1);
    cr_assert_eq(s->store->settled_code, COAP_CHANGED);
    simulation_close(s);
}

Test(reservations, that_come_after_the_deadline_are_given_up)
{
    struct simulation *s = open_reserving(STORE_EXCHANGE_RESERVED, 12 * CLOCK_SECOND);
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_GATEWAY_TIMEOUT);
    cr_assert_eq(s->store->settled, 0, "the exchange was not ours yet");
    cr_assert_eq(s->store->released, 1);
    cr_assert_eq(s->lane->count, 0);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(reservations, that_fail_say_why)
{
    static const struct {
        enum store_result result;
        uint8_t code;
    } cases[] = {
        {STORE_UNREACHABLE, COAP_BAD_GATEWAY},        {STORE_REFUSED, COAP_BAD_GATEWAY},
        {STORE_TIMED_OUT, COAP_GATEWAY_TIMEOUT},      {STORE_CLOSING, COAP_BAD_GATEWAY},
        {STORE_OVERLOADED, COAP_SERVICE_UNAVAILABLE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct simulation *s = open_reserving(STORE_EXCHANGE_RESERVED, CLOCK_SECOND / 2);
        struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

        s->store->reserve_result = cases[i].result;
        simulation_run(s, CLOCK_NEVER);
        cr_assert_eq(r->code, cases[i].code);
        cr_assert_eq(s->lane->count, 0);
        cr_assert(simulation_is_quiet(s));
        simulation_close(s);
    }
}

Test(reservations, an_outcome_for_a_non_request_is_silence)
{
    struct simulation *s = open_reserving(STORE_EXCHANGE_SETTLED, 0);

    simulation_post(s, s->now, 1, COAP_NON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->sent_count, 0);
    cr_assert_eq(s->lane->count, 0);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

/* A device that got an empty ACK does not send again, and the other gateway may die. */
Test(reservations, no_empty_ack_before_it_is_known_who_answers)
{
    struct simulation *s = open_reserving(STORE_EXCHANGE_RESERVED, 4 * CLOCK_SECOND);
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

    s->lane->delay = 3 * CLOCK_SECOND;
    simulation_run(s, s->now + 4 * CLOCK_SECOND - 1);
    cr_assert_eq(s->sent_count, 0);
    simulation_run(s, s->now + CLOCK_SECOND);
    cr_assert_eq(s->sent_count, 1, "soon after it is known");
    cr_assert_eq(s->sent[0].code, COAP_EMPTY);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(simulation_published(s, r), 1);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

static struct simulation *open_conflict(enum mid_conflict mode, enum store_exchange_state state)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;

    settings.exchange.mid_conflict = mode;
    s = simulation_open(1, &settings);
    s->store->exchange = (struct store_exchange){.state = state, .code = COAP_FORBIDDEN};
    s->store->other_bytes = true;
    return s;
}

static uint8_t code_of_conflict(enum mid_conflict mode, enum store_exchange_state state)
{
    struct simulation *s = open_conflict(mode, state);
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);
    uint8_t code;

    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->service.exchanges.counters[COAP_MID_CONFLICTS], r->sends);
    cr_assert_eq(simulation_published(s, r), r->code == COAP_CHANGED);
    cr_assert_eq(s->store->settled, r->code == COAP_CHANGED);
    cr_assert(simulation_is_quiet(s));
    code = r->code;
    simulation_close(s);
    return code;
}

Test(reservations, a_message_id_used_at_another_gateway_for_other_bytes_is_a_conflict)
{
    cr_assert_eq(code_of_conflict(MID_CONFLICT_RFC, STORE_EXCHANGE_SETTLED), COAP_FORBIDDEN);
    cr_assert_eq(code_of_conflict(MID_CONFLICT_PROCESS, STORE_EXCHANGE_SETTLED), COAP_CHANGED);
    cr_assert_eq(code_of_conflict(MID_CONFLICT_RFC, STORE_EXCHANGE_IN_PROGRESS), 0);
    cr_assert_eq(code_of_conflict(MID_CONFLICT_PROCESS, STORE_EXCHANGE_IN_PROGRESS), 0);
}

static struct simulation *open_degraded(void)
{
    struct service_settings settings = simulation_settings();

    settings.serves_degraded = true;
    return simulation_open(1, &settings);
}

static uint64_t counted(const struct simulation *s, enum service_counter counter)
{
    return s->service.counters[counter];
}

/* The code of a request from a client, with the store as it is. */
static uint8_t code_now(struct simulation *s, uint32_t client)
{
    struct simulated_request *r = simulation_post(s, s->now, client, COAP_CON, 0);

    simulation_run(s, s->now + 30 * CLOCK_SECOND);
    return r->code;
}

Test(degraded, goes_on_for_devices_that_are_known)
{
    static const enum store_result gone[] = {STORE_UNREACHABLE, STORE_REFUSED, STORE_TIMED_OUT};

    for (int i = 0; i < 3; i++) {
        struct simulation *s = open_degraded();

        cr_assert_eq(code_now(s, 1), COAP_CHANGED);
        s->store->result = s->store->reserve_result = gone[i];
        s->store->delay = s->store->reserve_delay = i ? CLOCK_SECOND / 4 : 0;
        service_doubt(&s->service);
        cr_assert_eq(code_now(s, 1), COAP_CHANGED);
        simulation_run(s, s->now + 3600 * CLOCK_SECOND);
        cr_assert_eq(code_now(s, 1), COAP_CHANGED, "an hour later, too");
        cr_assert_eq(counted(s, SERVICE_WITHOUT_LOOKUP), 2);
        cr_assert_eq(counted(s, SERVICE_WITHOUT_RESERVATION), 2);
        cr_assert_eq(s->store->settled, 1, "only what it had reserved");
        cr_assert_eq(code_now(s, 2),
                     gone[i] == STORE_TIMED_OUT ? COAP_GATEWAY_TIMEOUT : COAP_BAD_GATEWAY);
        simulation_run(s, CLOCK_NEVER);
        cr_assert(simulation_is_quiet(s));
        simulation_close(s);
    }
}

Test(degraded, is_no_excuse_for_overload)
{
    struct simulation *s = open_degraded();

    cr_assert_eq(code_now(s, 1), COAP_CHANGED);
    s->store->result = STORE_OVERLOADED;
    service_doubt(&s->service);
    cr_assert_eq(code_now(s, 1), COAP_SERVICE_UNAVAILABLE);
    simulation_close(s);
}

Test(degraded, what_is_known_to_be_outdated_is_not_served)
{
    static const uint8_t first[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};
    struct simulation *s = open_degraded();

    cr_assert_eq(code_now(s, 1), COAP_CHANGED);
    cr_assert_eq(code_now(s, 2), COAP_CHANGED);
    s->store->result = STORE_UNREACHABLE;
    service_forget_address(&s->service, first);
    cr_assert_eq(code_now(s, 1), COAP_BAD_GATEWAY);
    service_forget_device(&s->service, "8900002");
    cr_assert_eq(code_now(s, 2), COAP_BAD_GATEWAY);
    simulation_close(s);
}

Test(degraded, what_is_doubtful_is_looked_up_when_the_store_is_back)
{
    struct simulation *s = open_degraded();

    cr_assert_eq(code_now(s, 1), COAP_CHANGED);
    cr_assert_eq(code_now(s, 1), COAP_CHANGED);
    cr_assert_eq(s->store->lookups, 1);
    service_doubt(&s->service);
    s->store->inactive = true;
    cr_assert_eq(code_now(s, 1), COAP_UNAUTHORIZED);
    cr_assert_eq(s->store->lookups, 2);
    s->store->result = STORE_ABSENT;
    service_doubt(&s->service);
    cr_assert_eq(code_now(s, 1), COAP_UNAUTHORIZED);
    s->store->result = STORE_UNREACHABLE;
    service_doubt(&s->service);
    cr_assert_eq(code_now(s, 1), COAP_BAD_GATEWAY, "it was no device when last seen");
    simulation_close(s);
}
