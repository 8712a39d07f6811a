#include "loadtest/requests.h"

#include "loadtest/sockets.h"

#include <criterion/criterion.h>
#include <string.h>

static struct options options = {.topic = "a/b", .payload = 30};
static struct requests requests;
static struct device device;
static struct random_source chance;
static uint8_t room[SOCKETS_ROOM];

static struct coap_message write(enum results_step step)
{
    struct message_name name = {.run = 1, .device = 2, .sequence = 3};
    struct coap_message m;
    size_t length;

    random_source_seed(&chance, 1);
    device_init(&device, &chance, 0, 1);
    device_begin(&device, &chance, true);
    device.step = (uint8_t)step;
    requests_init(&requests, &options);
    length = requests_write(&requests, &device, &name, room, sizeof(room));
    cr_assert_eq(coap_message_parse(&m, room, length), COAP_PARSED);
    cr_assert_eq(m.id, device.id);
    return m;
}

static void expect_option(struct coap_options *o, uint16_t number, const char *value)
{
    struct coap_option option;

    cr_assert(coap_option_next(o, &option));
    cr_assert_eq(option.number, number);
    cr_assert_eq(option.length, strlen(value));
    cr_assert_eq(memcmp(option.value, value, option.length), 0);
}

Test(requests, a_message_has_its_topic_and_its_name)
{
    struct coap_message m = write(RESULTS_MESSAGE);
    struct coap_options o = coap_message_options(&m);

    cr_assert_eq(m.type, COAP_CON);
    cr_assert_eq(m.code, COAP_POST);
    expect_option(&o, COAP_OPTION_URI_PATH, "data");
    expect_option(&o, COAP_OPTION_URI_QUERY, "t=a/b");
    cr_assert_eq(m.payload_length, 30);
    cr_assert_eq(memcmp(m.payload, "000001-00002-00000030123456789", 30), 0);
}

Test(requests, a_message_can_do_without)
{
    struct options plain = options;
    struct coap_message m;
    struct coap_options o;

    options = (struct options){.topic = "", .non = true};
    m = write(RESULTS_MESSAGE);
    o = coap_message_options(&m);
    cr_assert_eq(m.type, COAP_NON);
    expect_option(&o, COAP_OPTION_URI_PATH, "data");
    cr_assert_eq(m.payload_length, 0);
    options.payload = NAMES_LENGTH - 1;
    m = write(RESULTS_MESSAGE);
    cr_assert_eq(m.payload_length, NAMES_LENGTH - 1);
    options = plain;
}

Test(requests, the_others_are_gets)
{
    struct coap_message m = write(RESULTS_BOOTSTRAP);
    struct coap_options o = coap_message_options(&m);

    cr_assert_eq(m.code, COAP_GET);
    expect_option(&o, COAP_OPTION_URI_PATH, "bootstrap");
    m = write(RESULTS_LOCATION);
    o = coap_message_options(&m);
    expect_option(&o, COAP_OPTION_URI_PATH, "location");
}

Test(requests, what_is_malformed_is_so_and_its_reset_is_known)
{
    uint32_t resets = 0;

    write(RESULTS_MESSAGE);
    for (uint32_t random = 0; random < 64; random++) {
        size_t length = requests_write_malformed(&device, random, room, sizeof(room));
        struct coap_message m = {0};
        enum coap_parse_result result = coap_message_parse(&m, room, length);

        cr_assert_neq(result, COAP_PARSED, "kind %u", random);
        if (result == COAP_NO_MESSAGE)
            continue;
        m.type = COAP_RST;
        cr_assert(requests_is_malformed_reset(&device, &m));
        cr_assert_neq(m.id, device.id);
        resets++;
    }
    cr_assert_gt(resets, 0);
}

Test(requests, resets_of_others_are_not_taken_for_it)
{
    struct coap_message m = {.type = COAP_RST};

    write(RESULTS_MESSAGE);
    m.id = device.id;
    cr_assert_not(requests_is_malformed_reset(&device, &m));
}
