/* Properties that hold whatever the network does, over many seeded runs. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Other conversations show what they show; their memory is the same after some. */
#ifdef __SANITIZE_ADDRESS__
#define SEEDS(number) ((number) / 5)
#else
#define SEEDS(number) (number)
#endif

struct tally {
    uint32_t runs, requests, answered, separate, given_up, acknowledged, errors, timeouts,
        overloaded;
};

/* Requests of several clients within a minute, and everything that follows. */
static struct simulation *run_many(uint64_t seed, const struct network_settings *network,
                                   uint64_t publish_delay_max, uint32_t requests)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s = simulation_open(seed, &settings);

    s->network = *network;
    s->publish_delay_max = publish_delay_max;
    s->publish_failures = 50;
    for (uint32_t i = 0; i < requests; i++)
        simulation_post(s, s->now + random_next(&s->random) % (60 * CLOCK_SECOND),
                        1 + random_below(&s->random, 5),
                        random_below(&s->random, 4) ? COAP_CON : COAP_NON, 0);
    simulation_run(s, CLOCK_NEVER);
    return s;
}

static void check_request(const struct simulation *s, const struct simulated_request *r,
                          struct tally *t)
{
    uint32_t published = simulation_published(s, r);

    cr_assert_leq(published, 1, "request %u was published %u times", r->id, published);
    cr_assert_eq(r->contradictions, 0);
    cr_assert_neq(r->state, SIMULATED_RESET);
    t->requests++;
    t->given_up += r->state == SIMULATED_GIVEN_UP;
    t->acknowledged += r->state == SIMULATED_ACKNOWLEDGED;
    if (r->state != SIMULATED_ANSWERED)
        return;
    t->answered++;
    t->separate += r->type == COAP_CON;
    t->timeouts += r->code == COAP_GATEWAY_TIMEOUT;
    t->errors += r->code == COAP_BAD_GATEWAY;
    t->overloaded += r->code == COAP_SERVICE_UNAVAILABLE;
    if (r->code == COAP_SERVICE_UNAVAILABLE)
        return;
    cr_assert(r->code == COAP_CHANGED || r->code == COAP_GATEWAY_TIMEOUT ||
                  r->code == COAP_BAD_GATEWAY,
              "code %u", r->code);
    cr_assert_eq(published, 1, "an answer from nowhere");
}

static struct tally run_seeds(uint32_t runs, const struct network_settings *network,
                              uint64_t publish_delay_max)
{
    struct tally t = {.runs = runs};

    for (uint64_t seed = 0; seed < runs; seed++) {
        struct simulation *s = run_many(seed, network, publish_delay_max, 40);

        for (uint32_t i = 0; i < s->request_count; i++)
            check_request(s, &s->requests[i], &t);
        cr_assert(simulation_is_quiet(s), "seed %lu", seed);
        cr_assert_eq(s->service.exchanges.dedup.evicted, 0);
        simulation_close(s);
    }
    return t;
}

/* 2.04 comes only for what the broker acknowledged: the fake's result tells. */
static void check_acknowledged(const struct simulation *s)
{
    for (uint32_t i = 0; i < s->request_count; i++) {
        const struct simulated_request *r = &s->requests[i];
        char payload[24];

        if (r->state != SIMULATED_ANSWERED || r->code != COAP_CHANGED)
            continue;
        snprintf(payload, sizeof(payload), "request %u", i);
        for (uint32_t j = 0; j < s->lane->count; j++) {
            const struct fake_submission *p = &s->lane->submissions[j];

            if (strcmp(p->payload, payload) == 0)
                cr_assert(p->result == PUBLISH_ACKNOWLEDGED && p->due <= r->answered_at,
                          "2.04 before its PUBACK");
        }
    }
}

Test(loss, a_perfect_network_answers_everything_once)
{
    struct network_settings network = {.delay_min = 10 * CLOCK_MILLISECOND,
                                       .delay_max = 200 * CLOCK_MILLISECOND};
    struct tally t = run_seeds(100, &network, 3 * CLOCK_SECOND);

    cr_assert_eq(t.answered, t.requests);
    cr_assert_gt(t.separate, 0);
    cr_assert_gt(t.errors, 0);
    cr_assert_eq(t.timeouts + t.overloaded, 0);
}

Test(loss, a_bad_network_never_publishes_twice, .timeout = 300)
{
    struct network_settings network = {.loss = 300,
                                       .duplicate = 200,
                                       .delay_min = CLOCK_MILLISECOND,
                                       .delay_max = 4 * CLOCK_SECOND};
    struct tally t = run_seeds(SEEDS(1500), &network, 3 * CLOCK_SECOND);

    cr_assert_gt(t.answered, t.requests / 10 * 7);
    cr_assert_eq(t.overloaded, 0);
    cr_assert_gt(t.separate, 0);
    cr_assert_gt(t.given_up, 0, "or the network was not bad");
}

Test(loss, a_slow_broker_and_late_results, .timeout = 300)
{
    struct network_settings network = {.loss = 150,
                                       .duplicate = 100,
                                       .delay_min = CLOCK_MILLISECOND,
                                       .delay_max = 2 * CLOCK_SECOND};
    struct tally t = run_seeds(SEEDS(1000), &network, 20 * CLOCK_SECOND);

    cr_assert_gt(t.timeouts, t.answered / 4);
    cr_assert_gt(t.separate, t.answered / 4);
}

Test(loss, a_slow_store_too, .timeout = 300)
{
    struct network_settings network = {
        .loss = 200, .duplicate = 200, .delay_max = 3 * CLOCK_SECOND};
    uint32_t answered = 0, overloaded = 0;

    for (uint64_t seed = 0; seed < SEEDS(500); seed++) {
        struct service_settings settings = simulation_settings();
        struct simulation *s = simulation_open(seed, &settings);
        struct tally t = {0};

        s->network = network;
        s->store->delay = 1 + random_next(&s->random) % (8 * CLOCK_SECOND);
        s->store->reserve_delay = random_next(&s->random) % (3 * CLOCK_SECOND);
        s->publish_delay_max = 4 * CLOCK_SECOND;
        for (uint32_t i = 0; i < 20; i++)
            simulation_post(s, s->now + random_next(&s->random) % (60 * CLOCK_SECOND),
                            1 + random_below(&s->random, 3), COAP_CON, 0);
        simulation_run(s, CLOCK_NEVER);
        for (uint32_t i = 0; i < s->request_count; i++)
            check_request(s, &s->requests[i], &t);
        cr_assert(simulation_is_quiet(s), "seed %lu", seed);
        answered += t.answered;
        overloaded += t.overloaded;
        simulation_close(s);
    }
    cr_assert_gt(answered, SEEDS(500) * 20 / 2);
    cr_assert_eq(overloaded, 0, "retransmissions take no room");
}

Test(loss, no_2_04_before_its_puback, .timeout = 300)
{
    struct network_settings network = {
        .loss = 200, .duplicate = 200, .delay_max = 3 * CLOCK_SECOND};

    for (uint64_t seed = 0; seed < SEEDS(500); seed++) {
        struct simulation *s = run_many(seed, &network, 12 * CLOCK_SECOND, 30);

        check_acknowledged(s);
        simulation_close(s);
    }
}

/* The same seed gives the same conversation, or a failure could not be looked into. */
Test(loss, runs_can_be_repeated)
{
    struct network_settings network = {
        .loss = 200, .duplicate = 200, .delay_max = 3 * CLOCK_SECOND};
    struct simulation *a = run_many(42, &network, 5 * CLOCK_SECOND, 40);
    struct simulation *b = run_many(42, &network, 5 * CLOCK_SECOND, 40);

    cr_assert_eq(a->sent_count, b->sent_count);
    cr_assert_eq(memcmp(a->sent, b->sent, a->sent_count * sizeof(*a->sent)), 0);
    simulation_close(a);
    simulation_close(b);
}
