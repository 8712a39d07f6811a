/* Requests of every kind and what they are answered, draining included. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>

static struct simulation *open_simulation(void)
{
    struct service_settings settings = simulation_settings();

    return simulation_open(1, &settings);
}

static struct built_message begin_message(struct simulation *s, enum coap_type type, uint8_t code)
{
    char token[5];

    simulation_token(s, token);
    return build_message(type, code, (uint16_t)s->request_count, token);
}

/* Sends the message and returns its request when everything has happened. */
static struct simulated_request *ask(struct simulation *s, const struct built_message *b)
{
    struct simulated_request *r = simulation_add(s, s->now, 1, b);

    simulation_run(s, s->now + 300 * CLOCK_SECOND);
    return r;
}

static uint8_t code_of_path(enum coap_type type, uint8_t code, const char *first,
                            const char *second)
{
    struct simulation *s = open_simulation();
    struct built_message b = begin_message(s, type, code);
    uint8_t answer;

    if (first)
        build_option_text(&b, COAP_OPTION_URI_PATH, first);
    if (second)
        build_option_text(&b, COAP_OPTION_URI_PATH, second);
    answer = ask(s, &b)->code;
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
    return answer;
}

Test(requests, paths_and_methods)
{
    cr_assert_eq(code_of_path(COAP_CON, COAP_POST, NULL, NULL), COAP_CHANGED);
    cr_assert_eq(code_of_path(COAP_CON, COAP_POST, "", NULL), COAP_CHANGED);
    cr_assert_eq(code_of_path(COAP_CON, COAP_POST, "data", NULL), COAP_CHANGED);
    cr_assert_eq(code_of_path(COAP_CON, COAP_POST, "data", ""), COAP_NOT_FOUND);
    cr_assert_eq(code_of_path(COAP_CON, COAP_POST, "Data", NULL), COAP_NOT_FOUND);
    cr_assert_eq(code_of_path(COAP_CON, COAP_POST, "", ""), COAP_NOT_FOUND);
    cr_assert_eq(code_of_path(COAP_CON, COAP_GET, NULL, NULL), COAP_METHOD_NOT_ALLOWED);
    cr_assert_eq(code_of_path(COAP_CON, COAP_PUT, "data", NULL), COAP_METHOD_NOT_ALLOWED);
    cr_assert_eq(code_of_path(COAP_CON, COAP_CODE(0, 31), "data", NULL), COAP_METHOD_NOT_ALLOWED);
    cr_assert_eq(code_of_path(COAP_CON, COAP_POST, ".well-known", "core"), COAP_METHOD_NOT_ALLOWED);
    cr_assert_eq(code_of_path(COAP_CON, COAP_GET, ".well-known", "core"), COAP_CONTENT);
    cr_assert_eq(code_of_path(COAP_NON, COAP_GET, ".well-known", "core"), COAP_CONTENT);
    cr_assert_eq(code_of_path(COAP_CON, COAP_GET, ".well-known", NULL), COAP_NOT_FOUND);
}

Test(requests, an_unknown_critical_option_is_4_02_or_silence)
{
    for (int i = 0; i < 2; i++) {
        struct simulation *s = open_simulation();
        struct built_message b = begin_message(s, i ? COAP_NON : COAP_CON, COAP_POST);
        struct simulated_request *r;

        build_option_uint(&b, 9, 1);
        r = ask(s, &b);
        cr_assert_eq(r->state, i ? SIMULATED_SENDING : SIMULATED_ANSWERED);
        cr_assert_eq(r->code, i ? 0 : COAP_BAD_OPTION);
        cr_assert_eq(s->lane->count, 0);
        simulation_close(s);
    }
}

Test(requests, a_proxy_is_not_here)
{
    struct simulation *s = open_simulation();
    struct built_message b = begin_message(s, COAP_CON, COAP_POST);

    build_option_text(&b, COAP_OPTION_PROXY_URI, "coap://example.org/");
    cr_assert_eq(ask(s, &b)->code, COAP_PROXYING_NOT_SUPPORTED);
    simulation_close(s);
}

Test(requests, sources_outside_the_networks_have_no_identity)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;

    net_prefix_parse(&settings.admission.networks[0], "10.0.0.1");
    s = simulation_open(1, &settings);
    simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_post(s, s->now, 2, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->requests[0].code, COAP_CHANGED);
    cr_assert_eq(s->requests[1].code, COAP_UNAUTHORIZED);
    cr_assert_eq(s->store->lookups, 1);
    simulation_close(s);
}

Test(requests, over_the_rate_are_4_29_with_max_age)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;

    settings.admission.device_rate = 1;
    settings.admission.device_burst = 2;
    s = simulation_open(1, &settings);
    for (int i = 0; i < 3; i++)
        simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->requests[1].code, COAP_CHANGED);
    cr_assert_eq(s->requests[2].code, COAP_TOO_MANY_REQUESTS);
    cr_assert_eq(message_option_uint(&s->requests[2].response, COAP_OPTION_MAX_AGE), 5);
    simulation_close(s);
}

/* What each result of the publisher is answered with. */
Test(requests, results_of_the_publisher)
{
    static const uint8_t codes[] = {[PUBLISH_ACKNOWLEDGED] = COAP_CHANGED,
                                    [PUBLISH_NOT_AUTHORIZED] = COAP_FORBIDDEN,
                                    [PUBLISH_QUOTA_EXCEEDED] = COAP_SERVICE_UNAVAILABLE,
                                    [PUBLISH_REFUSED] = COAP_BAD_GATEWAY,
                                    [PUBLISH_UNREACHABLE] = COAP_BAD_GATEWAY,
                                    [PUBLISH_WITHDRAWN] = COAP_GATEWAY_TIMEOUT,
                                    [PUBLISH_OVERLOADED] = COAP_SERVICE_UNAVAILABLE,
                                    [PUBLISH_UNANSWERED] = COAP_BAD_GATEWAY};

    for (int result = PUBLISH_ACKNOWLEDGED; result < PUBLISH_PENDING; result++) {
        struct simulation *s = open_simulation();
        struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

        s->lane->at_once = (enum publish_result)result;
        simulation_run(s, CLOCK_NEVER);
        cr_assert_eq(r->code, codes[result], "result %d", result);
        cr_assert_eq(r->response.payload_length, 0);
        cr_assert(simulation_is_quiet(s));
        simulation_close(s);
    }
}

Test(requests, a_broker_that_is_away_is_5_02_at_once)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 0);

    s->lane->ready = false;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_BAD_GATEWAY);
    cr_assert_eq(r->answered_at, r->begun);
    cr_assert_eq(s->lane->count, 0);
    simulation_close(s);
}

Test(requests, queued_answers_before_the_broker_does)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;
    struct simulated_request *r;

    settings.telemetry.ack = TELEMETRY_ACK_QUEUED;
    s = simulation_open(1, &settings);
    s->lane->delay = 5 * CLOCK_SECOND;
    s->publish_failures = 1000;
    r = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_CHANGED);
    cr_assert_eq(r->answered_at, r->begun);
    cr_assert_eq(s->sent_count, 1);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

/* RFC 7967: with each value, an answer in time and one too late for it. */
Test(no_response, saves_what_it_names_and_nothing_else)
{
    static const uint8_t values[] = {0, 2, 8, 16, 24, 26};

    for (int i = 0; i < 6 * 2 * 2 * 2; i++) {
        uint8_t value = values[i / 8];
        bool confirmable = i & 1, slow = i & 2, fails = i & 4;
        uint8_t code = fails ? COAP_BAD_GATEWAY : COAP_CHANGED;
        bool suppressed = value & (fails ? 16 : 2);
        struct simulation *s = open_simulation();
        struct simulated_request *r =
            simulation_post(s, s->now, 1, confirmable ? COAP_CON : COAP_NON, value);

        s->lane->delay = slow ? 3 * CLOCK_SECOND : 0;
        s->publish_failures = fails ? 1000 : 0;
        simulation_run(s, CLOCK_NEVER);
        cr_assert_eq(r->state == SIMULATED_ANSWERED, !suppressed, "case %d", i);
        cr_assert_eq(r->code, suppressed ? 0 : code, "case %d", i);
        if (confirmable && suppressed)
            cr_assert_eq(r->state, SIMULATED_ACKNOWLEDGED, "case %d", i);
        if (confirmable && suppressed)
            cr_assert_eq(r->acknowledged_at - r->begun, slow ? CLOCK_SECOND : 0, "case %d", i);
        cr_assert_eq(s->sent_count, confirmable + (slow && confirmable && !suppressed) +
                                        (!confirmable && !suppressed));
        cr_assert_eq(simulation_published(s, r), 1);
        cr_assert(simulation_is_quiet(s));
        simulation_close(s);
    }
}

Test(no_response, holds_for_duplicates)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r = simulation_post(s, s->now, 1, COAP_CON, 2);

    simulation_run(s, s->now + CLOCK_SECOND);
    simulation_add(s, s->now, 1, &r->message)->confirmable = false;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(s->sent_count, 2);
    cr_assert_eq(s->sent[1].code, COAP_EMPTY);
    cr_assert_eq(s->sent[1].type, COAP_ACK);
    simulation_close(s);
}

Test(draining, ignores_new_requests_and_finishes_the_others)
{
    struct simulation *s = open_simulation();
    struct simulated_request *before, *after;

    s->lane->delay = 3 * CLOCK_SECOND;
    before = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_run(s, s->now + CLOCK_SECOND / 2);
    s->service.draining = true;
    after = simulation_post(s, s->now, 1, COAP_CON, 0);
    simulation_add(s, s->now + 10 * CLOCK_SECOND, 1, &before->message)->confirmable = false;
    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(before->code, COAP_CHANGED);
    cr_assert_eq(after->state, SIMULATED_GIVEN_UP);
    cr_assert_eq(s->service.counters[SERVICE_DRAINED], SIMULATION_SENDS);
    cr_assert_eq(s->lane->count, 1);
    cr_assert_eq(s->sent[s->sent_count - 1].code, COAP_CHANGED, "a duplicate is answered still");
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

/* A payload of three blocks, each sent twice. Returns the code of the last. */
static uint8_t send_blocks(struct simulation *s, const uint8_t *payload, size_t length)
{
    uint8_t code = COAP_CONTINUE;

    for (uint32_t n = 0; n * 512 < length && code == COAP_CONTINUE; n++) {
        size_t left = length - n * 512, size = left > 512 ? 512 : left;
        struct built_message b = begin_message(s, COAP_CON, COAP_POST);
        struct simulated_request *r;

        build_option_text(&b, COAP_OPTION_URI_QUERY, "t=big");
        build_option_block(&b, COAP_OPTION_BLOCK1, n, left > 512, 5);
        build_payload(&b, payload + n * 512, size);
        r = simulation_add(s, s->now, 1, &b);
        simulation_add(s, s->now, 1, &b)->confirmable = false;
        simulation_run(s, s->now + CLOCK_SECOND);
        code = r->code;
        if (COAP_CODE_CLASS(code) == 2)
            cr_assert_eq(message_option_uint(&r->response, COAP_OPTION_BLOCK1),
                         n << 4 | (left > 512) << 3 | 5);
        cr_assert_eq(r->contradictions, 0);
    }
    return code;
}

Test(blockwise, a_payload_in_blocks_is_published_once_and_whole)
{
    struct simulation *s = open_simulation();
    uint8_t payload[1300];

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)('a' + i % 23);
    cr_assert_eq(send_blocks(s, payload, sizeof(payload)), COAP_CHANGED);
    cr_assert_eq(s->lane->count, 1);
    cr_assert_eq(s->lane->submissions[0].payload_length, sizeof(payload));
    cr_assert_eq(memcmp(s->lane->submissions[0].payload, payload, sizeof(payload)), 0);
    cr_assert_str_eq(s->lane->submissions[0].topic, "8900001/big");
    simulation_run(s, CLOCK_NEVER);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

/* Too large for a job's own memory, so it counts against the budget until it is through. */
Test(blockwise, large_payloads_have_a_budget)
{
    static const uint8_t payload[4000];
    struct simulation *s = open_simulation();

    s->service.telemetry.settings.payload_memory = sizeof(payload);
    cr_assert_eq(send_blocks(s, payload, sizeof(payload)), COAP_SERVICE_UNAVAILABLE);
    s->service.telemetry.settings.payload_memory = 2 * sizeof(payload);
    cr_assert_eq(send_blocks(s, payload, sizeof(payload)), COAP_CHANGED);
    cr_assert_eq(send_blocks(s, payload, sizeof(payload)), COAP_CHANGED);
    cr_assert_eq(s->service.telemetry.allocated, 0);
    cr_assert_eq(s->lane->count, 2);
    simulation_close(s);
}

Test(blockwise, a_transfer_that_is_not_finished_leaves_nothing)
{
    struct simulation *s = open_simulation();
    struct built_message b = begin_message(s, COAP_CON, COAP_POST);
    uint8_t payload[64] = {0};

    build_option_block(&b, COAP_OPTION_BLOCK1, 0, true, 2);
    build_payload(&b, payload, sizeof(payload));
    cr_assert_eq(ask(s, &b)->code, COAP_CONTINUE);
    simulation_run(s, CLOCK_NEVER);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(blockwise, a_response_is_cut_as_asked_for)
{
    struct simulation *s = open_simulation();
    char links[256] = "";
    size_t length = 0;

    for (uint32_t n = 0;; n++) {
        struct built_message b = begin_message(s, COAP_CON, COAP_GET);
        struct simulated_request *r;

        build_option_text(&b, COAP_OPTION_URI_PATH, ".well-known");
        build_option_text(&b, COAP_OPTION_URI_PATH, "core");
        build_option_block(&b, COAP_OPTION_BLOCK2, n, false, 0);
        r = ask(s, &b);
        if (r->code == COAP_BAD_REQUEST)
            break;
        cr_assert_eq(r->code, COAP_CONTENT);
        cr_assert_eq(message_option_uint(&r->response, COAP_OPTION_CONTENT_FORMAT),
                     COAP_LINK_FORMAT);
        memcpy(links + length, r->response.payload, r->response.payload_length);
        length += r->response.payload_length;
    }
    cr_assert_str_eq(links, "</>;rt=\"telemetry\",</data>;rt=\"telemetry\","
                            "</location>;rt=\"location\";ct=0");
    simulation_close(s);
}

Test(blockwise, accept_has_to_fit)
{
    for (uint32_t format = 0; format <= COAP_LINK_FORMAT; format += COAP_LINK_FORMAT) {
        struct simulation *s = open_simulation();
        struct built_message b = begin_message(s, COAP_CON, COAP_GET);

        build_option_text(&b, COAP_OPTION_URI_PATH, ".well-known");
        build_option_text(&b, COAP_OPTION_URI_PATH, "core");
        build_option_uint(&b, COAP_OPTION_ACCEPT, format);
        cr_assert_eq(ask(s, &b)->code, format ? COAP_CONTENT : COAP_NOT_ACCEPTABLE);
        simulation_close(s);
    }
}

/* More than one batch at the same instant, with each message in it twice. */
Test(requests, what_arrives_together_is_answered_as_if_each_came_alone)
{
    struct simulation *s = open_simulation();
    const uint64_t *counters = s->service.exchanges.counters;
    struct simulated_request *requests[SERVICE_BATCH];

    s->network.duplicate = 1000;
    for (uint32_t i = 0; i < SERVICE_BATCH; i++)
        requests[i] = simulation_post(s, s->now, i, COAP_CON, 0);
    simulation_run(s, s->now + 300 * CLOCK_SECOND);
    for (uint32_t i = 0; i < SERVICE_BATCH; i++) {
        cr_assert_eq(requests[i]->code, COAP_CHANGED);
        cr_assert_eq(requests[i]->sends, 1);
    }
    cr_assert_eq(s->lane->count, SERVICE_BATCH);
    cr_assert_eq(counters[COAP_DUPLICATES_ANSWERED] + counters[COAP_DUPLICATES_IN_PROGRESS],
                 SERVICE_BATCH);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}
