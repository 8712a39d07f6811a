#include "base/clock.h"
#include "tests/unit/coap/sent_messages.h"
#include "workers/coap/separate.h"

#include <criterion/criterion.h>

#define CAPACITY 80

static const struct datagram_path path = {.listener = 3};

struct scene {
    struct separates s;
    struct sent_messages *sent;
    struct random_source random;
};

static void open_scene(struct scene *scene, uint64_t seed)
{
    static const struct transmission_settings settings = {
        .ack_timeout = 2 * CLOCK_SECOND, .ack_random_factor = 1.5, .max_retransmit = 4};
    struct coap_output output;

    scene->sent = calloc(1, sizeof(*scene->sent));
    output = sent_messages_output(scene->sent);
    random_source_seed(&scene->random, seed);
    cr_assert_eq(separates_init(&scene->s, CAPACITY, &settings, &output, &scene->random), 0);
}

static void close_scene(struct scene *scene)
{
    separates_deinit(&scene->s);
    free(scene->sent);
}

static struct coap_endpoint endpoint(uint64_t device)
{
    return (struct coap_endpoint){.network = device, .port = 1, .kind = COAP_ENDPOINT_IPV4};
}

/* Sends a message of four bytes and its id. */
static void send_to(struct scene *scene, uint64_t now, uint64_t device, uint16_t id)
{
    uint8_t bytes[4] = {0x40, COAP_CHANGED, (uint8_t)(id >> 8), (uint8_t)id};
    struct coap_endpoint e = endpoint(device);

    scene->sent->now = now;
    separates_send(&scene->s, now, &e, &path, id, bytes, sizeof(bytes));
}

static bool finish(struct scene *scene, uint64_t now, uint64_t device, uint16_t id)
{
    struct coap_endpoint e = endpoint(device);

    scene->sent->now = now;
    return separates_finish(&scene->s, now, &e, id);
}

/* Advances to each deadline up to `until`. */
static void run(struct scene *scene, uint64_t until)
{
    uint64_t due;

    while ((due = separates_deadline(&scene->s)) <= until) {
        scene->sent->now = due;
        separates_advance(&scene->s, due);
    }
}

Test(separate, sends_again_with_doubled_timeouts_and_gives_up)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct scene scene;
        const struct sent_message *m;
        uint64_t first;

        open_scene(&scene, seed);
        m = scene.sent->messages;
        send_to(&scene, CLOCK_SECOND, 7, 1000);
        run(&scene, 1000 * CLOCK_SECOND);
        cr_assert_eq(scene.sent->count, 5);
        first = m[1].at - m[0].at;
        cr_assert_geq(first, 2 * CLOCK_SECOND);
        cr_assert_lt(first, 3 * CLOCK_SECOND);
        for (int i = 2; i < 5; i++)
            cr_assert_eq(m[i].at - m[i - 1].at, first << (i - 1));
        cr_assert_lt(m[4].at - m[0].at, 45 * CLOCK_SECOND, "MAX_TRANSMIT_SPAN");
        cr_assert_eq(scene.s.retransmissions, 4);
        cr_assert_eq(scene.s.given_up, 1);
        cr_assert_eq(scene.s.responses.used, 0);
        close_scene(&scene);
    }
}

Test(separate, first_timeouts_are_spread)
{
    uint64_t shortest = CLOCK_NEVER, longest = 0;
    struct scene scene;

    open_scene(&scene, 1);
    for (uint16_t i = 0; i < 200; i++) {
        send_to(&scene, 0, 7, i);
        if (separates_deadline(&scene.s) < shortest)
            shortest = separates_deadline(&scene.s);
        if (separates_deadline(&scene.s) > longest)
            longest = separates_deadline(&scene.s);
        cr_assert(finish(&scene, 0, 7, i));
    }
    cr_assert_lt(shortest, 2050 * CLOCK_MILLISECOND);
    cr_assert_gt(longest, 2950 * CLOCK_MILLISECOND);
    close_scene(&scene);
}

Test(separate, an_acknowledgement_ends_it)
{
    struct scene scene;

    open_scene(&scene, 1);
    send_to(&scene, 0, 7, 1000);
    cr_assert_not(finish(&scene, 1, 7, 1001), "another Message ID");
    cr_assert_not(finish(&scene, 1, 8, 1000), "another endpoint");
    cr_assert(finish(&scene, 1, 7, 1000));
    cr_assert_not(finish(&scene, 2, 7, 1000), "again");
    cr_assert_eq(separates_deadline(&scene.s), CLOCK_NEVER);
    cr_assert_eq(scene.s.responses.used, 0);
    cr_assert_eq(scene.sent->count, 1);
    close_scene(&scene);
}

Test(separate, goes_the_way_that_the_request_came)
{
    struct scene scene;

    open_scene(&scene, 1);
    send_to(&scene, 0, 7, 1000);
    run(&scene, 10 * CLOCK_SECOND);
    for (uint32_t i = 0; i < scene.sent->count; i++) {
        cr_assert_eq(scene.sent->messages[i].path.listener, 3);
        cr_assert_eq(scene.sent->messages[i].to.network, 7);
        cr_assert_eq(sent_parse(scene.sent, i).id, 1000);
    }
    close_scene(&scene);
}

Test(separate, one_at_a_time_for_each_endpoint)
{
    struct scene scene;

    open_scene(&scene, 1);
    for (uint16_t id = 0; id < 4; id++)
        send_to(&scene, 0, 7, id);
    send_to(&scene, 0, 8, 100);
    cr_assert_eq(scene.sent->count, 2, "the first to each");
    cr_assert_not(finish(&scene, 1, 7, 1), "it was not sent yet");
    for (uint16_t id = 0; id < 4; id++) {
        uint32_t index = id ? id + 1u : 0;

        cr_assert_eq(sent_parse(scene.sent, index).id, id, "in their order");
        cr_assert(finish(&scene, CLOCK_SECOND, 7, id));
    }
    cr_assert_eq(scene.sent->count, 5);
    cr_assert_eq(scene.s.responses.used, 1);
    close_scene(&scene);
}

Test(separate, the_next_one_has_a_timeout_of_its_own)
{
    struct scene scene;

    open_scene(&scene, 1);
    send_to(&scene, 0, 7, 1);
    send_to(&scene, 0, 7, 2);
    run(&scene, 20 * CLOCK_SECOND);
    cr_assert(finish(&scene, 20 * CLOCK_SECOND, 7, 1));
    cr_assert_eq(sent_parse(scene.sent, scene.sent->count - 1).id, 2);
    cr_assert_geq(separates_deadline(&scene.s), 22 * CLOCK_SECOND);
    cr_assert_lt(separates_deadline(&scene.s), 23 * CLOCK_SECOND);
    close_scene(&scene);
}

Test(separate, those_behind_one_that_is_given_up_go_with_it)
{
    struct scene scene;

    open_scene(&scene, 1);
    for (uint16_t id = 0; id < 4; id++)
        send_to(&scene, 0, 7, id);
    send_to(&scene, 80 * CLOCK_SECOND, 8, 100);
    run(&scene, 100 * CLOCK_SECOND);
    cr_assert_eq(scene.s.given_up, 4);
    cr_assert_eq(scene.s.responses.used, 1, "another endpoint's");
    for (uint32_t i = 0; i < scene.sent->count; i++)
        cr_assert_not(scene.sent->messages[i].to.network == 7 && sent_parse(scene.sent, i).id);
    close_scene(&scene);
}

Test(separate, what_finds_no_room_is_counted)
{
    struct scene scene;
    uint8_t large[COAP_MESSAGE_MAX + 1] = {0x40, COAP_CHANGED};
    struct coap_endpoint e = endpoint(7);

    open_scene(&scene, 1);
    separates_send(&scene.s, 0, &e, &path, 1, large, sizeof(large));
    cr_assert_eq(scene.s.no_room, 1, "too large");
    for (uint16_t id = 0; id < CAPACITY + 2; id++)
        send_to(&scene, 0, id, id);
    cr_assert_eq(scene.s.no_room, 3, "too many");
    cr_assert_eq(scene.sent->count, CAPACITY);
    cr_assert(finish(&scene, 1, 0, 0));
    send_to(&scene, 1, 99, 99);
    cr_assert_eq(scene.sent->count, CAPACITY + 1);
    close_scene(&scene);
}

Test(separate, one_device_cannot_use_up_the_room_of_all)
{
    struct scene scene;
    uint8_t message[] = {0x40, COAP_CHANGED, 0, 1};
    struct coap_endpoint e = endpoint(7);

    open_scene(&scene, 1);
    for (uint16_t port = 0; port < SEPARATES_PER_DEVICE + 3; port++) {
        e.port = port;
        separates_send(&scene.s, 0, &e, &path, 1, message, sizeof(message));
    }
    cr_assert_eq(scene.s.no_room, 3);
    send_to(&scene, 0, 8, 1);
    cr_assert_eq(scene.s.no_room, 3, "another device has room");
    cr_assert_eq(scene.s.responses.used, SEPARATES_PER_DEVICE + 1);
    close_scene(&scene);
}
