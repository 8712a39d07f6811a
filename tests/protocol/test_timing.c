/* When what is sent: piggybacked, empty, separate, again, and not at all. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>

static struct simulation *open_simulation(void)
{
    struct service_settings settings = simulation_settings();

    return simulation_open(1, &settings);
}

Test(timing, a_quick_result_is_piggybacked)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r;

    s->lane->delay = CLOCK_SECOND - CLOCK_MILLISECOND;
    r = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->state, SIMULATED_ANSWERED);
    cr_assert_eq(r->type, COAP_ACK);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(r->response.id, r->id);
    cr_assert_eq(r->response.payload_length, 0);
    cr_assert_eq(s->sent_count, 1);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(timing, the_empty_ack_comes_at_ack_delay_and_the_response_separately)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r;

    s->lane->delay = 5 * CLOCK_SECOND;
    r = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->acknowledged_at - r->begun, CLOCK_SECOND);
    cr_assert_eq(r->answered_at - r->begun, 5 * CLOCK_SECOND);
    cr_assert_eq(r->type, COAP_CON);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(r->sends, 1, "the empty ACK stopped it");
    cr_assert_eq(s->sent_count, 2);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(timing, a_deadline_is_5_04_and_a_late_result_is_ignored)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r;

    s->lane->delay = 15 * CLOCK_SECOND;
    r = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->answered_at - r->begun, 10 * CLOCK_SECOND);
    cr_assert_eq(r->code, COAP_GATEWAY_TIMEOUT);
    cr_assert_eq(r->contradictions, 0);
    cr_assert_eq(s->sent_count, 2, "the empty ACK and 5.04");
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(timing, a_non_request_gets_one_non_response)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r;

    s->lane->delay = 5 * CLOCK_SECOND;
    r = simulation_post(s, s->now, 1, COAP_NON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->answered_at - r->begun, 5 * CLOCK_SECOND);
    cr_assert_eq(r->type, COAP_NON);
    cr_assert_eq(s->sent_count, 1, "and no empty ACK");
    simulation_close(s);
}

Test(timing, a_duplicate_in_progress_is_dropped_or_acknowledged_again)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r;

    s->lane->delay = 8 * CLOCK_SECOND;
    r = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_add(s, s->now + CLOCK_SECOND / 2, 1, &r->message)->confirmable = false;
    simulation_run(s, s->now + CLOCK_SECOND / 2);
    cr_assert_eq(s->sent_count, 0, "before the empty ACK");
    simulation_add(s, s->now + 2 * CLOCK_SECOND, 1, &r->message)->confirmable = false;
    simulation_run(s, s->now + 2 * CLOCK_SECOND);
    cr_assert_eq(s->sent_count, 2, "after it");
    cr_assert_eq(s->sent[1].code, COAP_EMPTY);
    cr_assert_eq(s->sent[1].type, COAP_ACK);
    simulation_run(s, s->now + 20 * CLOCK_SECOND);
    simulation_add(s, s->now, 1, &r->message)->confirmable = false;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->sent[s->sent_count - 1].type, COAP_ACK, "after the separate response");
    cr_assert_eq(s->sent[s->sent_count - 1].code, COAP_CHANGED);
    cr_assert_eq(simulation_published(s, r), 1);
    simulation_close(s);
}

/* The same message again after `wait`; whether it was published again. */
static bool is_new_after(enum coap_type type, uint64_t wait)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r = simulation_post(s, s->now, 1, type, 0);
    uint32_t published;

    simulation_run(s, s->now + wait);
    simulation_add(s, s->now, 1, &r->message)->confirmable = false;
    simulation_run(s, CLOCK_NEVER);
    published = simulation_published(s, r);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
    return published == 2;
}

Test(timing, a_message_id_is_remembered_for_its_lifetime)
{
    cr_assert_not(is_new_after(COAP_CON, 246900 * CLOCK_MILLISECOND));
    cr_assert(is_new_after(COAP_CON, 248 * CLOCK_SECOND));
    cr_assert_not(is_new_after(COAP_NON, 144900 * CLOCK_MILLISECOND));
    cr_assert(is_new_after(COAP_NON, 146 * CLOCK_SECOND));
}

Test(timing, separate_responses_are_given_up_within_max_transmit_wait)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct service_settings settings = simulation_settings();
        struct simulation *s = simulation_open(seed, &settings);
        const struct server_message *m = s->sent + 1;
        uint64_t first;

        s->lane->delay = 2 * CLOCK_SECOND;
        simulation_post(s, s->now, 1, COAP_CON, 0);
        simulation_run(s, s->now + 3 * CLOCK_SECOND / 2);
        s->clients_are_deaf = true;
        simulation_run(s, s->now + 187 * CLOCK_SECOND / 2);
        cr_assert_eq(exchanges_open(&s->service.exchanges), 0, "MAX_TRANSMIT_WAIT");
        cr_assert_eq(s->sent_count, 6, "the empty ACK, the response, and four times more");
        first = m[1].at - m[0].at;
        cr_assert(first >= 2 * CLOCK_SECOND && first < 3 * CLOCK_SECOND);
        for (int i = 1; i < 5; i++) {
            cr_assert_eq(m[i].at - m[i - 1].at, first << (i - 1));
            cr_assert_eq(m[i].id, m[0].id);
            cr_assert_eq(m[i].type, COAP_CON);
        }
        cr_assert_leq(m[4].at - m[0].at, 45 * CLOCK_SECOND, "MAX_TRANSMIT_SPAN");
        simulation_run(s, CLOCK_NEVER);
        cr_assert(simulation_is_quiet(s));
        simulation_close(s);
    }
}

/* Under loss a separate response arrives, or all of its five transmissions were tried. */
Test(timing, separate_responses_arrive_or_were_tried_five_times)
{
    uint32_t arrived = 0, lost = 0;

    for (uint64_t seed = 0; seed < 500; seed++) {
        struct service_settings settings = simulation_settings();
        struct simulation *s = simulation_open(seed, &settings);
        struct simulated_request *r;

        s->lane->delay = 2 * CLOCK_SECOND;
        r = simulation_post(s, s->now, 1, COAP_CON, 0);
        simulation_run(s, s->now + 3 * CLOCK_SECOND / 2);
        s->network.loss = 600;
        simulation_run(s, CLOCK_NEVER);
        cr_assert(simulation_is_quiet(s));
        arrived += r->state == SIMULATED_ANSWERED;
        if (r->state != SIMULATED_ANSWERED) {
            lost++;
            cr_assert_eq(s->sent_count, 6);
            cr_assert_eq(r->state, SIMULATED_ACKNOWLEDGED);
        }
        simulation_close(s);
    }
    cr_assert_gt(arrived, 400);
    cr_assert_gt(lost, 5, "0.6 to the fifth of 500 are 39");
}

Test(timing, one_separate_response_at_a_time)
{
    struct simulation *s = open_simulation();
    uint32_t confirmable = 0;

    s->lane->delay = 2 * CLOCK_SECOND;
    for (int i = 0; i < 5; i++)
        simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, s->now + 3 * CLOCK_SECOND / 2);
    s->clients_are_deaf = true;
    simulation_run(s, s->now + 2 * CLOCK_SECOND);
    for (uint32_t i = 0; i < s->sent_count; i++)
        confirmable += s->sent[i].type == COAP_CON;
    cr_assert_eq(confirmable, 1);
    s->clients_are_deaf = false;
    simulation_run(s, CLOCK_NEVER);
    for (uint32_t i = 0; i < 5; i++)
        cr_assert_eq(s->requests[i].code, COAP_CHANGED);
    simulation_close(s);
}
