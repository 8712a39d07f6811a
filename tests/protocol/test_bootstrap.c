/* GET /bootstrap, and the bytes of its response that clients depend on. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>
#include <string.h>

#define URL "coaps://gateway.example:5684"

static struct simulation *open_simulation(const char *url)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;

    strcpy(settings.bootstrap.public_url, url);
    s = simulation_open(1, &settings);
    strcpy(s->store->keys.newest.text, "0123456789abcdef");
    return s;
}

static struct simulated_request *get(struct simulation *s, enum coap_type type)
{
    struct built_message b;
    char token[5];

    simulation_token(s, token);
    b = build_message(type, COAP_GET, (uint16_t)s->request_count, token);
    build_option_text(&b, COAP_OPTION_URI_PATH, "bootstrap");
    return simulation_add(s, s->now, 1, &b);
}

static void expect_payload(const struct simulated_request *r, const char *payload)
{
    cr_assert_eq(r->code, COAP_CONTENT);
    cr_assert_eq(r->response.payload_length, strlen(payload));
    cr_assert_arr_eq(r->response.payload, payload, strlen(payload));
    cr_assert_eq(message_option_uint(&r->response, COAP_OPTION_CONTENT_FORMAT), COAP_TEXT_PLAIN);
}

Test(bootstrap, hands_out_the_key_at_once_and_later)
{
    for (int i = 0; i < 4; i++) {
        struct simulation *s = open_simulation(URL);
        struct simulated_request *r = get(s, i % 2 ? COAP_CON : COAP_NON);

        s->store->keys_delay = i / 2 * CLOCK_SECOND / 2;
        simulation_run(s, CLOCK_NEVER);
        expect_payload(r, "8900001,0123456789abcdef," URL);
        cr_assert_eq(r->type, i % 2 ? COAP_ACK : COAP_NON);
        cr_assert_eq(s->store->bootstraps, 1);
        cr_assert(simulation_is_quiet(s));
        simulation_close(s);
    }
}

Test(bootstrap, a_slow_store_is_a_separate_response)
{
    struct simulation *s = open_simulation(URL);
    struct simulated_request *r = get(s, COAP_CON);

    s->store->keys_delay = 5 * CLOCK_SECOND;
    simulation_run(s, CLOCK_NEVER);
    expect_payload(r, "8900001,0123456789abcdef," URL);
    cr_assert_eq(r->type, COAP_CON);
    cr_assert(simulation_is_quiet(s));
    simulation_close(s);
}

Test(bootstrap, a_store_that_fails_says_why)
{
    static const struct {
        enum store_result result;
        uint8_t code;
    } cases[] = {{STORE_UNREACHABLE, COAP_BAD_GATEWAY},
                 {STORE_REFUSED, COAP_BAD_GATEWAY},
                 {STORE_TIMED_OUT, COAP_GATEWAY_TIMEOUT},
                 {STORE_OVERLOADED, COAP_SERVICE_UNAVAILABLE}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct simulation *s = open_simulation(URL);
        struct simulated_request *r = get(s, COAP_CON);

        s->store->keys_result = cases[i].result;
        simulation_run(s, CLOCK_NEVER);
        cr_assert_eq(r->code, cases[i].code);
        cr_assert_eq(r->response.payload_length, 0);
        simulation_close(s);
    }
}

Test(bootstrap, the_url_is_the_address_that_was_written_to_unless_it_is_set)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s;
    struct simulated_request *r;

    settings.bootstrap.coaps_port = 15684;
    s = simulation_open(1, &settings);
    strcpy(s->store->keys.newest.text, "key, as set");
    r = get(s, COAP_CON);
    simulation_run(s, CLOCK_NEVER);
    expect_payload(r, "8900001,key, as set,coaps://[::]:15684");
    simulation_close(s);
}

Test(bootstrap, without_coaps_there_is_none)
{
    struct simulation *s = open_simulation("");
    struct simulated_request *r = get(s, COAP_CON);

    simulation_run(s, CLOCK_NEVER);
    cr_assert_eq(r->code, COAP_NOT_FOUND);
    cr_assert_eq(s->store->bootstraps, 0);
    simulation_close(s);
}
