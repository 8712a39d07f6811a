#include "workers/resources/envelope.h"

#include "base/net_address.h"

#include <criterion/criterion.h>

static const struct device device = {.iccid = "8988280666000002864", .imsi = "901405100002864"};

static const struct envelope_time *at(uint64_t wall_ms)
{
    static struct envelope_time time;

    envelope_time_set(&time, wall_ms);
    return &time;
}

static const char *write_envelope(const struct envelope *e)
{
    static char text[4096];
    struct writer w = writer_over(text, sizeof(text));

    envelope_write(&w, e);
    writer_terminate(&w);
    cr_assert_not(w.failed);
    return text;
}

static struct envelope sample(uint8_t ip[16], const struct coap_text *topic)
{
    net_ip_parse(ip, "100.91.200.24");
    return (struct envelope){.device = &device,
                             .ip = ip,
                             .topic = topic,
                             .payload = (const uint8_t *)"hello",
                             .payload_length = 5,
                             .time = at(UINT64_C(1670598749915)),
                             .id = "1-6393505d-67fa8489fb9c791fcddd43f0"};
}

Test(envelope, of_bytes)
{
    struct coap_text topic = {(const uint8_t *)"a/b", 3};
    uint8_t ip[16];
    struct envelope e = sample(ip, &topic);

    cr_assert_str_eq(write_envelope(&e),
                     "{\"payload\":{\"type\":\"STRING\",\"encoding\":\"base64\","
                     "\"value\":\"aGVsbG8=\",\"topic\":\"a/b\"},"
                     "\"received\":\"1670598749915\","
                     "\"id\":\"1-6393505d-67fa8489fb9c791fcddd43f0\","
                     "\"source\":\"COAP\",\"type\":\"TELEMETRY_DATA\",\"version\":\"1.0.0\","
                     "\"device\":{\"iccid\":\"8988280666000002864\",\"ip\":\"100.91.200.24\","
                     "\"imsi\":\"901405100002864\"}}");
}

Test(envelope, without_topic_payload_and_imsi)
{
    static const struct device bare = {.iccid = "89"};
    struct coap_text topic = {0};
    uint8_t ip[16];
    struct envelope e = sample(ip, &topic);

    e.device = &bare;
    e.payload_length = 0;
    cr_assert_str_eq(write_envelope(&e),
                     "{\"payload\":{\"type\":\"STRING\",\"encoding\":\"base64\",\"value\":\"\"},"
                     "\"received\":\"1670598749915\","
                     "\"id\":\"1-6393505d-67fa8489fb9c791fcddd43f0\","
                     "\"source\":\"COAP\",\"type\":\"TELEMETRY_DATA\",\"version\":\"1.0.0\","
                     "\"device\":{\"iccid\":\"89\",\"ip\":\"100.91.200.24\"}}");
}

Test(envelope, of_json_has_the_devices_own_bytes)
{
    static const char json[] = "{\"n\": 1.0e5 }";
    struct coap_text topic = {0};
    uint8_t ip[16];
    struct envelope e = sample(ip, &topic);

    e.is_json = true;
    e.payload = (const uint8_t *)json;
    e.payload_length = sizeof(json) - 1;
    cr_assert_not_null(
        strstr(write_envelope(&e),
               "{\"payload\":{\"type\":\"JSON\",\"value\":{\"n\": 1.0e5 }},\"received\""));
}

Test(envelope, is_never_longer_than_its_overhead_says)
{
    static const struct device longest = {.iccid = "8988280666000002864123",
                                          .imsi = "901405100002864"};
    struct coap_text topic = {(const uint8_t *)"aaa", 3};
    uint8_t ip[16];
    struct envelope e = sample(ip, &topic);

    e.device = &longest;
    e.time = at(UINT64_MAX);
    net_ip_parse(ip, "1111:2222:3333:4444:5555:6666:7777:8888");
    for (size_t length = 0; length <= 5; length++) {
        e.payload_length = length;
        cr_assert_leq(strlen(write_envelope(&e)),
                      length / 3 * 4 + topic.length + ENVELOPE_OVERHEAD);
    }
}

Test(envelope, ids_have_the_second_and_24_random_digits)
{
    char a[ENVELOPE_ID_SIZE], b[ENVELOPE_ID_SIZE];
    struct random_source random;

    random_source_seed(&random, 1);
    envelope_make_id(a, at(UINT64_C(1670598749915)), &random);
    envelope_make_id(b, at(UINT64_C(1670598749915)), &random);
    cr_assert_eq(strlen(a), 35);
    cr_assert_eq(strncmp(a, "1-6393505d-", 11), 0);
    cr_assert_eq(strspn(a + 11, "0123456789abcdef"), 24);
    cr_assert_str_neq(a, b);
}

static bool is_json(const char *text)
{
    return envelope_is_json((const uint8_t *)text, strlen(text));
}

Test(envelope, json_is_one_value)
{
    cr_assert(is_json("{\"a\":[1,2.5,null,true,\"x\"]}"));
    cr_assert(is_json("123456789012345678901234567890"));
    cr_assert(is_json(" \"\\u0000\" "));
    cr_assert_not(is_json(""));
    cr_assert_not(is_json("{} {}"));
    cr_assert_not(is_json("{\"a\":}"));
    cr_assert_not(is_json("{'a':1}"));
    cr_assert_not(is_json("\"\xff\""), "no UTF-8");
    cr_assert_not(envelope_is_json((const uint8_t *)"1\0", 2));
    cr_assert_not(envelope_is_json((const uint8_t *)"[1\0]", 4));
}
