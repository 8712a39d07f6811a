#include "publisher/mqtt_url.h"

#include <criterion/criterion.h>

static void expect(const char *text, const char *host, uint16_t port, bool tls)
{
    struct mqtt_url url;
    const char *problem = mqtt_url_parse(&url, text);

    cr_expect_null(problem, "%s: %s", text, problem);
    cr_expect_str_eq(url.host, host);
    cr_expect_eq(url.port, port);
    cr_expect_eq(url.tls, tls);
}

static void expect_problem(const char *text)
{
    struct mqtt_url url;

    cr_expect_not_null(mqtt_url_parse(&url, text), "%s was taken", text);
}

Test(mqtt_url, reads_host_and_port)
{
    expect("mqtt://broker.example:11883", "broker.example", 11883, false);
    expect("mqtts://10.0.0.1:65535", "10.0.0.1", 65535, true);
    expect("mqtt://[2001:db8::1]:1884", "2001:db8::1", 1884, false);
}

Test(mqtt_url, knows_the_usual_ports)
{
    expect("mqtt://broker", "broker", 1883, false);
    expect("mqtts://broker", "broker", 8883, true);
    expect("mqtts://[::1]", "::1", 8883, true);
}

Test(mqtt_url, refuses_what_it_does_not_know)
{
    static const char *const wrong[] = {
        "",
        "broker:1883",
        "tcp://broker",
        "mqtt:broker",
        "mqtt://",
        "mqtt://:1883",
        "mqtt://broker:",
        "mqtt://broker:0",
        "mqtt://broker:65536",
        "mqtt://broker:18 83",
        "mqtt://broker:-1",
        "mqtt://broker:99999999999",
        "mqtt://user:secret@broker",
        "mqtt://broker/topic",
        "mqtt://[::1",
        "mqtt://[]:1883",
        "mqtt://[::1]1883",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        expect_problem(wrong[i]);
}

Test(mqtt_url, refuses_a_host_that_is_no_domain_name_any_more)
{
    char text[300] = "mqtt://";

    for (int i = 7; i < 280; i++)
        text[i] = 'a';
    expect_problem(text);
}
