/* GET /location, from the request to the bytes of the response. */
#include "base/clock.h"
#include "tests/protocol/simulation.h"

#include <criterion/criterion.h>
#include <string.h>

#define CSV "Longitude,Latitude,Source,SampleTime\n13.404954,52.520008,GPS,1700000000\n"

static struct simulation *open_simulation(void)
{
    struct service_settings settings = simulation_settings();
    struct simulation *s = simulation_open(1, &settings);

    s->store->location_allowed = true;
    s->store->location = (struct location){"13.404954", "52.520008", "GPS", "1700000000"};
    return s;
}

static struct built_message build_get(const struct simulation *s, uint8_t code)
{
    struct built_message b;
    char token[5];

    simulation_token(s, token);
    b = build_message(COAP_CON, code, (uint16_t)s->request_count, token);
    build_option_text(&b, COAP_OPTION_URI_PATH, "location");
    return b;
}

static struct simulated_request *get(struct simulation *s)
{
    struct built_message b = build_get(s, COAP_GET);

    return simulation_add(s, s->now, 1, &b);
}

static void expect_payload(const struct simulated_request *r, const char *payload)
{
    cr_assert_eq(r->code, COAP_CONTENT);
    cr_assert_eq(r->response.payload_length, strlen(payload));
    cr_assert_arr_eq(r->response.payload, payload, strlen(payload));
}

static void expect_error(const struct simulated_request *r, uint8_t code)
{
    cr_assert_eq(r->code, code);
    cr_assert_eq(r->response.payload_length, 0);
}

Test(location, is_told_as_csv_at_once_and_later)
{
    for (int i = 0; i < 3; i++) {
        struct simulation *s = open_simulation();
        struct simulated_request *r = get(s);

        s->store->location_delay = (uint64_t)i * CLOCK_SECOND; /* 2 s: a separate response */
        simulation_run(s, CLOCK_NEVER);
        expect_payload(r, CSV);
        cr_assert_eq(message_option_uint(&r->response, COAP_OPTION_CONTENT_FORMAT),
                     COAP_TEXT_PLAIN);
        cr_assert_eq(r->type, i < 2 ? COAP_ACK : COAP_CON);
        cr_assert(simulation_is_quiet(s));
        simulation_close(s);
    }
}

Test(location, what_is_not_known_of_it_is_empty)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r = get(s);

    s->store->location = (struct location){.longitude = "-0.10", .latitude = "90"};
    simulation_run(s, CLOCK_NEVER);
    expect_payload(r, "Longitude,Latitude,Source,SampleTime\n-0.10,90,,\n");
    simulation_close(s);
}

Test(location, is_forbidden_to_whom_it_is_not_allowed)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r = get(s);

    s->store->location_allowed = false;
    simulation_run(s, CLOCK_NEVER);
    expect_error(r, COAP_FORBIDDEN);
    simulation_close(s);
}

Test(location, is_not_found_where_there_is_none)
{
    struct simulation *s = open_simulation();
    struct simulated_request *r = get(s);

    s->store->location = (struct location){.longitude = ""};
    simulation_run(s, CLOCK_NEVER);
    expect_error(r, COAP_NOT_FOUND);
    simulation_close(s);
}

Test(location, other_methods_and_formats_are_refused)
{
    struct simulation *s = open_simulation();
    struct built_message post = build_get(s, COAP_POST), json;
    struct simulated_request *first = simulation_add(s, s->now, 1, &post), *second;

    json = build_get(s, COAP_GET);
    build_option_uint(&json, COAP_OPTION_ACCEPT, 50);
    second = simulation_add(s, s->now, 1, &json);
    simulation_run(s, CLOCK_NEVER);
    expect_error(first, COAP_METHOD_NOT_ALLOWED);
    expect_error(second, COAP_NOT_ACCEPTABLE);
    simulation_close(s);
}

/* The device is known from a request before, and the store fails meanwhile. */
Test(location, a_store_that_fails_says_why)
{
    static const struct {
        enum store_result result;
        uint8_t code;
    } cases[] = {{STORE_UNREACHABLE, COAP_BAD_GATEWAY},
                 {STORE_REFUSED, COAP_BAD_GATEWAY},
                 {STORE_TIMED_OUT, COAP_GATEWAY_TIMEOUT},
                 {STORE_OVERLOADED, COAP_SERVICE_UNAVAILABLE}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct simulation *s = open_simulation();
        struct simulated_request *r;

        get(s);
        simulation_run(s, CLOCK_NEVER);
        s->store->result = cases[i].result;
        r = get(s);
        simulation_run(s, CLOCK_NEVER);
        expect_error(r, cases[i].code);
        simulation_close(s);
    }
}

Test(location, comes_in_blocks_where_that_is_asked_for)
{
    struct simulation *s = open_simulation();
    char whole[sizeof(CSV) + 32] = "";
    bool more = true;

    for (uint32_t number = 0; more; number++) {
        struct built_message b = build_get(s, COAP_GET);
        struct simulated_request *r;

        build_option_uint(&b, COAP_OPTION_BLOCK2, number << 4); /* 16 bytes */
        r = simulation_add(s, s->now, 1, &b);
        simulation_run(s, CLOCK_NEVER);
        cr_assert_eq(r->code, COAP_CONTENT);
        strncat(whole, (const char *)r->response.payload, r->response.payload_length);
        more = message_option_uint(&r->response, COAP_OPTION_BLOCK2) >> 3 & 1;
    }
    cr_assert_str_eq(whole, CSV);
    simulation_close(s);
}
