#include "tests/unit/coap/message_builder.h"
#include "workers/resources/router.h"

#include <criterion/criterion.h>

static struct coap_request path_of(const char *first, const char *second)
{
    struct coap_request r = {.accept = -1};

    if (first)
        r.path[r.path_count++] =
            (struct coap_text){(const uint8_t *)first, (uint32_t)strlen(first)};
    if (second)
        r.path[r.path_count++] =
            (struct coap_text){(const uint8_t *)second, (uint32_t)strlen(second)};
    return r;
}

static enum resource_label label_of(const char *first, const char *second)
{
    struct coap_request r = path_of(first, second);

    return router_find(&r, false)->label;
}

Test(router, finds_resources_by_their_path)
{
    cr_assert_eq(label_of(NULL, NULL), RESOURCE_TELEMETRY);
    cr_assert_eq(label_of("", NULL), RESOURCE_TELEMETRY, "one empty segment is the root");
    cr_assert_eq(label_of("data", NULL), RESOURCE_TELEMETRY);
    cr_assert_eq(label_of(".well-known", "core"), RESOURCE_WELL_KNOWN_CORE);
    cr_assert_eq(label_of("dat", NULL), RESOURCE_NONE);
    cr_assert_eq(label_of("data2", NULL), RESOURCE_NONE);
    cr_assert_eq(label_of("", ""), RESOURCE_NONE);
    cr_assert_eq(label_of("data", ""), RESOURCE_NONE);
    cr_assert_eq(label_of(".well-known", NULL), RESOURCE_NONE);
}

Test(router, a_longer_path_is_none)
{
    struct coap_request r = path_of(".well-known", "core");

    r.path_count = 3;
    cr_assert_eq(router_find(&r, false)->label, RESOURCE_NONE);
}

static uint8_t check(const char *path, uint8_t code, const struct coap_request *options)
{
    struct coap_request r = path_of(path, strcmp(path, ".well-known") == 0 ? "core" : NULL);
    struct coap_message m = {.code = code};

    return router_check(router_find(&r, false), &m, options);
}

/* Each request is wrong in all that is left, in the order of the checks. */
Test(router, checks_in_their_order)
{
    struct coap_request r = {
        .accept = 50, .bad_option = true, .proxying = true, .query_too_long = true};

    cr_assert_eq(check("none", COAP_PUT, &r), COAP_BAD_OPTION);
    r.bad_option = false;
    cr_assert_eq(check("none", COAP_PUT, &r), COAP_PROXYING_NOT_SUPPORTED);
    r.proxying = false;
    cr_assert_eq(check("none", COAP_PUT, &r), COAP_NOT_FOUND);
    cr_assert_eq(check(".well-known", COAP_PUT, &r), COAP_METHOD_NOT_ALLOWED);
    cr_assert_eq(check(".well-known", COAP_GET, &r), COAP_BAD_REQUEST);
    r.query_too_long = false;
    cr_assert_eq(check(".well-known", COAP_GET, &r), COAP_NOT_ACCEPTABLE);
    r.accept = COAP_LINK_FORMAT;
    cr_assert_eq(check(".well-known", COAP_GET, &r), 0);
    r.accept = 50;
    cr_assert_eq(check("data", COAP_POST, &r), 0, "an empty response has no format");
}
