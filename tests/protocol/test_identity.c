/* Whose a request over an association is, where its address says one thing and its key another.
 * Client n has the address of "890000n" (see fake_store.h). */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define OWN   "8900007"
#define OTHER "8900009"

static struct simulation *open_simulation(enum identity_check check, const char *proved)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;

    settings.admission.check = check;
    s = simulation_open(1, &settings);
    snprintf(s->proved, sizeof(s->proved), "%s", proved);
    return s;
}

/* The code that the next request of client 7 gets. */
static uint8_t code_of_post(struct simulation *s)
{
    struct simulated_request *r = simulation_post(s, s->now, 7, COAP_CON, 0);

    simulation_run(s, s->now + CLOCK_SECOND);
    return r->code;
}

/* How many publications with this topic there were. */
static uint32_t published(const struct simulation *s, const char *topic)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->lane->count; i++)
        count += strcmp(s->lane->submissions[i].topic, topic) == 0;
    return count;
}

static uint64_t disagreements(const struct simulation *s)
{
    return s->service.admission.counters[ADMISSION_DISAGREED_REFUSED] +
           s->service.admission.counters[ADMISSION_DISAGREED_SERVED];
}

Test(identity, an_agreement_is_served_and_not_reported)
{
    for (int check = IDENTITY_ENFORCE; check <= IDENTITY_OFF; check++) {
        struct simulation *s = open_simulation((enum identity_check)check, OWN);

        cr_expect_eq(code_of_post(s), COAP_CHANGED, "%d", check);
        cr_expect_eq(published(s, OWN), 1);
        cr_expect_eq(s->lane->count, 1);
        cr_expect_eq(disagreements(s), 0);
        simulation_close(s);
    }
}

Test(identity, enforce_refuses_and_reports_a_disagreement)
{
    struct simulation *s = open_simulation(IDENTITY_ENFORCE, OTHER);

    cr_expect_eq(code_of_post(s), COAP_UNAUTHORIZED);
    cr_expect_eq(s->lane->count, 1);
    cr_expect_eq(published(s, "error/" OWN), 1);
    cr_expect(strstr(s->lane->submissions[0].payload,
                     "10.0.0.7 is the address of SIM " OWN
                     "; the client's PSK identity is \\\"" OTHER "\\\""));
    cr_expect_eq(s->service.admission.counters[ADMISSION_DISAGREED_REFUSED], 1);
    simulation_close(s);
}

Test(identity, alarm_serves_whose_key_it_is_and_reports_the_address)
{
    for (uint64_t delay = 0; delay < 100 * CLOCK_MILLISECOND; delay += 60 * CLOCK_MILLISECOND) {
        struct simulation *s = open_simulation(IDENTITY_ALARM, OTHER);

        s->store->delay = delay;
        cr_expect_eq(code_of_post(s), COAP_CHANGED);
        cr_expect_eq(published(s, OTHER), 1);
        cr_expect_eq(published(s, "error/" OWN), 1);
        cr_expect_eq(s->service.admission.counters[ADMISSION_DISAGREED_SERVED], 1);
        cr_expect_eq(s->store->lookups, 2);
        simulation_close(s);
    }
}

Test(identity, a_sim_is_reported_once_a_minute_and_counted_each_time)
{
    struct simulation *s = open_simulation(IDENTITY_ALARM, OTHER);

    for (int i = 0; i < 90; i++)
        cr_assert_eq(code_of_post(s), COAP_CHANGED);
    cr_expect_eq(published(s, "error/" OWN), 2);
    cr_expect_eq(disagreements(s), 90);
    simulation_close(s);
}

Test(identity, off_serves_whose_key_it_is_and_looks_at_no_address)
{
    struct simulation *s = open_simulation(IDENTITY_OFF, OTHER);

    cr_expect_eq(code_of_post(s), COAP_CHANGED);
    cr_expect_eq(published(s, OTHER), 1);
    cr_expect_eq(s->lane->count, 1);
    cr_expect_eq(s->store->lookups, 1);
    cr_expect_eq(disagreements(s), 0);
    simulation_close(s);
}

Test(identity, outside_the_networks_a_key_will_do_unless_it_is_enforced)
{
    for (int check = IDENTITY_ENFORCE; check <= IDENTITY_OFF; check++) {
        struct service_settings settings = simulation_settings();
        bool is_refused = check == IDENTITY_ENFORCE;
        struct simulation *s;

        settings.admission.check = (enum identity_check)check;
        net_prefix_parse(&settings.admission.networks[0], "11.0.0.0/8");
        s = simulation_open(1, &settings);
        cr_expect_eq(code_of_post(s), COAP_UNAUTHORIZED); /* plain CoAP */
        snprintf(s->proved, sizeof(s->proved), "%s", OWN);
        cr_expect_eq(code_of_post(s), is_refused ? COAP_UNAUTHORIZED : COAP_CHANGED, "%d", check);
        cr_expect_eq(s->service.admission.counters[ADMISSION_OUTSIDE_NETWORKS], 1 + is_refused);
        cr_expect_eq(disagreements(s), 0);
        simulation_close(s);
    }
}

Test(identity, what_is_known_of_an_iccid_is_kept_and_forgotten)
{
    struct simulation *s = open_simulation(IDENTITY_OFF, OWN);

    cr_expect_eq(code_of_post(s), COAP_CHANGED);
    cr_expect_eq(code_of_post(s), COAP_CHANGED);
    cr_expect_eq(s->store->lookups, 1);
    s->store->inactive = true;
    service_forget_device(&s->service, OWN);
    cr_expect_eq(code_of_post(s), COAP_UNAUTHORIZED);
    s->store->result = STORE_ABSENT;
    service_forget_device(&s->service, OWN);
    cr_expect_eq(code_of_post(s), COAP_UNAUTHORIZED);
    s->store->result = STORE_OK;
    s->store->inactive = false;
    cr_expect_eq(code_of_post(s), COAP_UNAUTHORIZED); /* known to be absent */
    service_forget_device(&s->service, OWN);
    cr_expect_eq(code_of_post(s), COAP_CHANGED);
    simulation_close(s);
}

Test(identity, without_the_store_a_device_that_is_known_is_served)
{
    for (int check = IDENTITY_ALARM; check <= IDENTITY_OFF; check++) {
        struct service_settings settings = simulation_settings();
        struct simulation *s;

        settings.admission.check = (enum identity_check)check;
        settings.serves_degraded = true;
        s = simulation_open(1, &settings);
        snprintf(s->proved, sizeof(s->proved), "%s", OWN);
        cr_expect_eq(code_of_post(s), COAP_CHANGED);
        s->store->result = STORE_UNREACHABLE;
        service_doubt(&s->service);
        cr_expect_eq(code_of_post(s), COAP_CHANGED);
        cr_expect_eq(s->service.counters[SERVICE_WITHOUT_LOOKUP], 1);
        snprintf(s->proved, sizeof(s->proved), "%s", OTHER);
        cr_expect_eq(code_of_post(s), COAP_BAD_GATEWAY);
        simulation_close(s);
    }
}

Test(identity, a_key_that_was_changed_ends_its_association)
{
    for (int check = IDENTITY_ENFORCE; check <= IDENTITY_OFF; check++) {
        struct simulation *s = open_simulation((enum identity_check)check, OWN);

        s->store->psk_epoch = s->proved_epoch = 5;
        cr_expect_eq(code_of_post(s), COAP_CHANGED);
        s->store->psk_epoch = 6;
        cr_expect_eq(code_of_post(s), COAP_CHANGED); /* nobody has said so yet */
        service_forget_device(&s->service, OWN);
        cr_expect_eq(code_of_post(s), 0);
        s->proved_epoch = 6; /* a new handshake */
        cr_expect_eq(code_of_post(s), COAP_CHANGED);
        *s->proved = 0; /* plain CoAP has no key */
        s->proved_epoch = 0;
        cr_expect_eq(code_of_post(s), COAP_CHANGED);
        simulation_close(s);
    }
}
