/* Where a Redis is, what things are called in it, and what a device's fields mean. */
#include "base/net_address.h"
#include "storage/redis/device_fields.h"
#include "storage/redis/keys.h"
#include "storage/redis/url.h"
#include "storage/template_names.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

Test(redis_url, legal)
{
    static const struct {
        const char *text;
        struct redis_url url;
        const char *shown;
    } cases[] = {
        {"redis://localhost", {"localhost", "", 6379, 0}, "localhost:6379"},
        {"redis://localhost/", {"localhost", "", 6379, 0}, "localhost:6379"},
        {"redis://10.0.0.1:7000/3", {"10.0.0.1", "", 7000, 3}, "10.0.0.1:7000"},
        {"redis://[::1]", {"::1", "", 6379, 0}, "[::1]:6379"},
        {"redis://[fe80::1%eth0]:65535/15",
         {"fe80::1%eth0", "", 65535, 15},
         "[fe80::1%eth0]:65535"},
        {"redis+unix:///run/redis.sock", {"", "/run/redis.sock", 0, 0}, "/run/redis.sock"},
        {"redis+unix:///run/a@b#c?db=7", {"", "/run/a@b#c", 0, 7}, "/run/a@b#c"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[REDIS_URL_TEXT];
        struct redis_url url;

        cr_expect_null((void *)redis_url_parse(&url, cases[i].text), "%s", cases[i].text);
        cr_expect_str_eq(url.host, cases[i].url.host);
        cr_expect_str_eq(url.path, cases[i].url.path);
        cr_expect_eq(url.port, cases[i].url.port);
        cr_expect_eq(url.database, cases[i].url.database);
        cr_expect_str_eq(redis_url_format(&url, text), cases[i].shown);
        cr_expect(redis_url_is_one(cases[i].text));
    }
}

Test(redis_url, refused)
{
    static const struct {
        const char *text;
        const char *part; /* of the complaint */
    } cases[] = {
        {"rediss://localhost", "scheme"},
        {"redis:localhost", "scheme"},
        {"redis://", "host is missing"},
        {"redis:///3", "host is missing"},
        {"redis://:6379", "host is missing"},
        {"redis://[]:6379", "host is missing"},
        {"redis://a b", "host is missing"},
        {"redis://[::1", "bracket"},
        {"redis://[::1]6379", "behind the host"},
        {"redis://fd00::1", "stands in brackets"},
        {"redis://localhost:", "port"},
        {"redis://localhost:0", "port"},
        {"redis://localhost:65536", "port"},
        {"redis://localhost:6379x", "port"},
        {"redis://localhost:-1", "port"},
        {"redis://localhost/x", "database"},
        {"redis://localhost/1/2", "database"},
        {"redis://localhost/65536", "database"},
        {"redis://localhost/0?timeout=1", "neither ? nor #"},
        {"redis://localhost/0#x", "neither ? nor #"},
        {"redis://user:secret@localhost", "redis.password"},
        {"redis://:secret@localhost", "redis.username"},
        {"redis+unix://:secret@/run/redis.sock", "redis.password"},
        {"redis+unix://run/redis.sock", "begins with /"},
        {"redis+unix://", "begins with /"},
        {"redis+unix:///run/a b", "not printable"},
        {"redis+unix:///run/redis.sock?timeout=1", "only ?db=N"},
        {"redis+unix:///run/redis.sock?db=", "database"},
        {"redis+unix:///run/redis.sock?db=1&x=2", "database"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct redis_url url;
        const char *wrong = redis_url_parse(&url, cases[i].text);

        cr_assert_not_null((void *)wrong, "%s", cases[i].text);
        cr_expect_not_null(strstr(wrong, cases[i].part), "%s: %s", cases[i].text, wrong);
        cr_expect_null(strstr(wrong, "secret"));
    }
}

Test(redis_url, lengths)
{
    char text[400], path[200] = "redis+unix:///";
    struct redis_url url;

    snprintf(text, sizeof(text), "redis://%0255d:6379", 0);
    cr_expect_null((void *)redis_url_parse(&url, text));
    snprintf(text, sizeof(text), "redis://%0256d:6379", 0);
    cr_expect_not_null((void *)redis_url_parse(&url, text));
    snprintf(path, sizeof(path), "redis+unix:///%0106d", 0);
    cr_expect_null((void *)redis_url_parse(&url, path));
    snprintf(path, sizeof(path), "redis+unix:///%0107d", 0);
    cr_expect_not_null((void *)redis_url_parse(&url, path));
}

Test(redis_keys, prefixes)
{
    char longest[REDIS_PREFIX_MAX + 2] = {0};

    memset(longest, 'p', REDIS_PREFIX_MAX);
    cr_expect(redis_prefix_is_legal(longest));
    longest[REDIS_PREFIX_MAX] = 'p';
    cr_expect_not(redis_prefix_is_legal(longest));
    cr_expect(redis_prefix_is_legal(""));
    cr_expect(redis_prefix_is_legal("simgate:"));
    cr_expect_not(redis_prefix_is_legal("sim gate:"));
    cr_expect_not(redis_prefix_is_legal("{simgate}:"));
    cr_expect_not(redis_prefix_is_legal("simgate}"));
    cr_expect_not(redis_prefix_is_legal("s\xc3\xadm:"));
    cr_expect_not(redis_prefix_is_legal("simgate\n"));
}

static void expect_key(const struct redis_key *key, const char *text)
{
    cr_expect_eq(key->length, strlen(text));
    cr_expect_arr_eq(key->bytes, text, strlen(text), "%s", text);
}

Test(redis_keys, addresses)
{
    static const char *const cases[][2] = {
        {"100.91.200.24", "simgate:addr:100.91.200.24"},
        {"fd00:0:0:1::", "simgate:addr:fd00:0:0:1::"},
        {"::", "simgate:addr:::"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct redis_key key;
        uint8_t ip[16], back[16];

        cr_assert(net_ip_parse(ip, cases[i][0]));
        redis_key_of_address(&key, "simgate:", ip);
        expect_key(&key, cases[i][1]);
        cr_expect(redis_key_to_address("simgate:", (char *)key.bytes, key.length, back));
        cr_expect_arr_eq(ip, back, 16);
    }
}

Test(redis_keys, devices)
{
    char iccid[DEVICE_ICCID_MAX + 1];
    struct redis_key key;

    redis_key_of_device(&key, "p", "8988280666000002864");
    expect_key(&key, "pdev:{8988280666000002864}");
    cr_expect(redis_key_to_device("p", (char *)key.bytes, key.length, iccid));
    cr_expect_str_eq(iccid, "8988280666000002864");
}

Test(redis_keys, exchanges)
{
    char prefix[REDIS_PREFIX_MAX + 1] = {0};
    struct store_exchange_key exchange = {.bytes = {0, 1, '\r', '\n', 0xff, 0}, .length = 24};
    struct redis_key key;

    memset(prefix, 'p', REDIS_PREFIX_MAX);
    redis_key_of_exchange(&key, prefix, &exchange);
    cr_expect_eq(key.length, REDIS_PREFIX_MAX + 2 + 24);
    cr_expect_arr_eq(key.bytes + REDIS_PREFIX_MAX, "x:\0\1\r\n\xff", 7);
}

Test(redis_keys, locations)
{
    struct redis_key key;

    redis_key_of_location(&key, "simgate:", "8988280666000002864");
    expect_key(&key, "simgate:loc:{8988280666000002864}");
}

Test(redis_keys, templates)
{
    static const struct {
        const char *text;
        bool is_one;
    } cases[] = {
        {"ptemplate:meter", true},
        {"pactive_template", true},
        {"ptemplate:", false},
        {"ptemplate:.x", false},
        {"ptemplate:a b", false},
        {"pactive_template:", false},
        {"pactive_templat", false},
        {"ptemplate", false},
        {"qtemplate:meter", false},
        {"p", false},
        {"", false},
    };
    char prefix[REDIS_PREFIX_MAX + 1] = {0}, name[TEMPLATE_NAME_MAX + 1] = {0};
    struct redis_key key;

    redis_key_of_template(&key, "simgate:", "meter");
    expect_key(&key, "simgate:template:meter");
    redis_key_of_active_template(&key, "simgate:");
    expect_key(&key, "simgate:active_template");
    for (size_t i = 0; i < COUNT(cases); i++)
        cr_expect_eq(redis_key_is_of_templates("p", cases[i].text, strlen(cases[i].text)),
                     cases[i].is_one, "%s", cases[i].text);
    memset(prefix, 'p', REDIS_PREFIX_MAX);
    memset(name, 'n', TEMPLATE_NAME_MAX);
    redis_key_of_template(&key, prefix, name);
    cr_expect_eq(key.length, REDIS_PREFIX_MAX + 9 + TEMPLATE_NAME_MAX);
    cr_expect(redis_key_is_of_templates(prefix, (char *)key.bytes, key.length));
}

/* Others write keys too, and Redis names whatever begins like ours. */
Test(redis_keys, of_something_else)
{
    static const char *const keys[] = {
        "",
        "p",
        "pdev:",
        "pdev:{",
        "pdev:{}",
        "pdev:{8988280666000002864",
        "pdev:898828066600000286",
        "pdev:{898828066600000286x}",
        "pdev:{898828066600000286}x",
        "pdev:{89882806660000028641234}",
        "paddr:",
        "paddr:x",
        "paddr:1.2.3.4.5",
        "paddr:1.2.3.4 ",
        "qaddr:1.2.3.4",
        "paddr:0000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    };

    for (size_t i = 0; i < COUNT(keys); i++) {
        char iccid[DEVICE_ICCID_MAX + 1];
        uint8_t ip[16];

        cr_expect_not(redis_key_to_device("p", keys[i], strlen(keys[i]), iccid), "%s", keys[i]);
        cr_expect_not(redis_key_to_address("p", keys[i], strlen(keys[i]), ip), "%s", keys[i]);
    }
    cr_expect_not(redis_key_to_address("p", "paddr:1.2.3.4\0", 14, (uint8_t[16]){0}));
}

static struct redis_field field(const char *text)
{
    return (struct redis_field){.text = text, .length = text ? strlen(text) : 0};
}

Test(redis_device_fields, read)
{
    static const struct {
        /* status, imsi, location_allowed, psk_epoch, template */
        const char *texts[DEVICE_FIELDS_ASKED];
        const char *wrong;
        struct device device;
    } cases[] = {
        {{"active", "901405100002864", "true"}, NULL, {"", "901405100002864", true, true, 0, 0}},
        {{"inactive", "901405", "false"}, NULL, {"", "901405", false, false, 0, 0}},
        {{"active", NULL, NULL}, NULL, {"", "", true, false, 0, 0}},
        {{"active", NULL, NULL, "1670598749915123"},
         NULL,
         {"", "", true, false, 0, UINT64_C(1670598749915123)}},
        {{"active", NULL, NULL, "x1"}, "psk_epoch", {"", "", true, false, 0, 0}},
        {{"active", NULL, NULL, ""}, NULL, {"", "", true, false, 0, 0}},
        {{"active", "", ""}, NULL, {"", "", true, false, 0, 0}},
        {{"active", NULL, NULL, NULL, ""}, NULL, {"", "", true, false, 0, 0}},
        {{"active", NULL, NULL, NULL, "-"}, NULL, {"", "", true, false, STORE_TEMPLATE_NONE, 0}},
        {{"active", NULL, NULL, NULL, "meter"}, NULL, {"", "", true, false, 2, 0}},
        {{"active", NULL, NULL, NULL, "Meter.2"}, NULL, {"", "", true, false, 3, 0}},
        {{"active", NULL, NULL, NULL, "meter"}, NULL, {"", "", true, false, 2, 0}},
        {{"active", NULL, NULL, NULL, "no name"}, "template", {"", "", true, false, 0, 0}},
        {{NULL, NULL, NULL}, "status", {"", "", false, false, 0, 0}},
        {{"", "901405100002864", "true"}, "status", {"", "901405100002864", false, true, 0, 0}},
        {{"Active", NULL, "true"}, "status", {"", "", false, true, 0, 0}},
        {{"activex", NULL, NULL}, "status", {"", "", false, false, 0, 0}},
        {{"active", "90140", "true"}, "imsi", {"", "", true, true, 0, 0}},
        {{"active", "9014051000028641", "true"}, "imsi", {"", "", true, true, 0, 0}},
        {{"active", "9014x5", "true"}, "imsi", {"", "", true, true, 0, 0}},
        {{"active", "", "yes"}, "location_allowed", {"", "", true, false, 0, 0}},
    };
    static struct template_names names;

    template_names_init(&names);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct redis_field fields[DEVICE_FIELDS_ASKED];
        struct device device;
        const char *wrong;

        for (int j = 0; j < DEVICE_FIELDS_ASKED; j++)
            fields[j] = field(cases[i].texts[j]);
        wrong = device_fields_read(&device, "8988280666000002864", fields, &names);
        cr_expect((!wrong && !cases[i].wrong) ||
                      (wrong && cases[i].wrong && strcmp(wrong, cases[i].wrong) == 0),
                  "%zu: %s", i, wrong);
        cr_expect_str_eq(device.iccid, "8988280666000002864");
        cr_expect_str_eq(device.imsi, cases[i].device.imsi);
        cr_expect_eq(device.active, cases[i].device.active);
        cr_expect_eq(device.location_allowed, cases[i].device.location_allowed);
        cr_expect_eq(device.psk_epoch, cases[i].device.psk_epoch);
        cr_expect_eq(device.template, cases[i].device.template);
    }
    template_names_deinit(&names);
}

/* As simgatectl does, which has no use for numbers. */
Test(redis_device_fields, template_without_a_number)
{
    struct redis_field fields[DEVICE_FIELDS_ASKED] = {[DEVICE_FIELD_STATUS] = field("active")};
    struct device device;

    fields[DEVICE_FIELD_TEMPLATE] = field("meter");
    cr_expect_null((void *)device_fields_read(&device, "8988280666000002864", fields, NULL));
    cr_expect_eq(device.template, STORE_TEMPLATE_ACTIVE);
    fields[DEVICE_FIELD_TEMPLATE] = field("no*name");
    cr_expect_str_eq(device_fields_read(&device, "8988280666000002864", fields, NULL), "template");
}

Test(redis_device_fields, what_is_written_is_read)
{
    static const struct device devices[] = {
        {"8988280666000002864", "901405100002864", true, false, 0, 0},
        {"898828066600000286", "", false, true, 0, 0}};

    for (size_t i = 0; i < COUNT(devices); i++) {
        struct redis_field fields[DEVICE_FIELDS_ASKED];
        struct device device;

        device_fields_write(&devices[i], fields);
        cr_expect_null((void *)device_fields_read(&device, devices[i].iccid, fields, NULL));
        cr_expect_str_eq(device.iccid, devices[i].iccid);
        cr_expect_str_eq(device.imsi, devices[i].imsi);
        cr_expect_eq(device.active, devices[i].active);
        cr_expect_eq(device.location_allowed, devices[i].location_allowed);
    }
}

Test(redis_device_fields, iccids)
{
    static const struct {
        const char *text;
        bool legal;
    } cases[] = {
        {"898828066600000286", true},
        {"8988280666000002864123", true},
        {"89882806660000028", false},
        {"89882806660000028641234", false},
        {"898828066600000286x", false},
        {"", false},
        {NULL, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char iccid[DEVICE_ICCID_MAX + 1];
        struct redis_field f = field(cases[i].text);

        cr_expect_eq(device_fields_read_iccid(iccid, &f), cases[i].legal, "%s", cases[i].text);
    }
}

Test(redis_device_fields, names)
{
    static const char *const names[DEVICE_FIELDS] = {"status",    "imsi",     "location_allowed",
                                                     "psk_epoch", "template", "addresses"};

    for (int i = 0; i < DEVICE_FIELDS; i++)
        cr_expect_str_eq(device_field_name(i), names[i]);
}
