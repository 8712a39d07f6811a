#include "loadtest/broker_url.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static void expect(const char *text, bool tls, const char *host, int port, const char *filter)
{
    struct broker_url u;

    cr_assert_eq(broker_url_parse(&u, text), 0, "%s", text);
    cr_expect_eq(u.tls, tls, "%s", text);
    cr_expect_str_eq(u.host, host);
    cr_expect_eq(u.port, port, "%s", text);
    cr_expect_str_eq(u.filter, filter);
}

Test(broker_url, reads_what_it_is_given)
{
    expect("mqtt://broker", false, "broker", 1883, "#");
    expect("mqtt://broker/", false, "broker", 1883, "#");
    expect("mqtts://broker", true, "broker", 8883, "#");
    expect("mqtts://10.0.0.1:1/a/+/b:c", true, "10.0.0.1", 1, "a/+/b:c");
    expect("mqtt://[::1]", false, "::1", 1883, "#");
    expect("mqtts://[fd00::1]:65535/#", true, "fd00::1", 65535, "#");
}

Test(broker_url, refuses_what_is_none)
{
    static const char *const wrong[] = {
        "",           "broker",        "http://broker", "mqtt://",        "mqtts:///#",
        "mqtt://:1",  "mqtt://b:",     "mqtt://b:0",    "mqtt://b:65536", "mqtt://b:1x",
        "mqtt://[::", "mqtt://[::1]1", "mqtt://[]",     "mqtt://::1"};
    char text[600] = "mqtt://b/";
    struct broker_url u;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_expect_eq(broker_url_parse(&u, wrong[i]), -EINVAL, "%s", wrong[i]);
    memset(text + strlen(text), 'x', 300);
    cr_expect_eq(broker_url_parse(&u, text), -EINVAL, "too long");
}
