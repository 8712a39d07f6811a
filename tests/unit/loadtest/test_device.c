#include "loadtest/device.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

static struct random_source chance;
static struct device d;

static void begin(bool confirmable)
{
    random_source_seed(&chance, 1);
    device_init(&d, &chance, 0, 1);
    device_begin(&d, &chance, confirmable);
}

static struct coap_message message(enum coap_type type, uint8_t code, uint16_t id, bool our_token)
{
    struct coap_message m = {.type = type, .code = code, .id = id};

    if (our_token) {
        m.token.length = DEVICE_TOKEN;
        memcpy(m.token.bytes, d.token, DEVICE_TOKEN);
    }
    return m;
}

static void expect(struct coap_message m, enum device_event event, enum device_reply reply)
{
    struct device_reaction r = device_receive(&d, &m);

    cr_assert_eq(r.event, event, "event %d, not %d", r.event, event);
    cr_assert_eq(r.reply, reply, "reply %d, not %d", r.reply, reply);
}

Test(device, writes_what_the_parser_reads)
{
    uint8_t bytes[16];
    struct writer w = writer_over(bytes, sizeof(bytes));
    struct coap_message m;

    begin(true);
    device_write_header(&d, &w, COAP_CON, COAP_POST);
    cr_assert_eq(coap_message_parse(&m, bytes, writer_length(&w)), COAP_PARSED);
    cr_assert_eq(m.type, COAP_CON);
    cr_assert_eq(m.code, COAP_POST);
    cr_assert_eq(m.id, d.id);
    cr_assert_eq(m.token.length, DEVICE_TOKEN);
}

Test(device, takes_a_piggybacked_response)
{
    begin(true);
    expect(message(COAP_ACK, COAP_CHANGED, d.id, true), DEVICE_ANSWERED, DEVICE_SILENT);
    cr_assert_eq(d.state, DEVICE_IDLE);
}

Test(device, ignores_acknowledgements_of_others)
{
    begin(true);
    expect(message(COAP_ACK, COAP_CHANGED, (uint16_t)(d.id + 1), true), DEVICE_STRAY,
           DEVICE_SILENT);
    expect(message(COAP_ACK, COAP_CHANGED, d.id, false), DEVICE_STRAY, DEVICE_SILENT);
    expect(message(COAP_ACK, COAP_POST, d.id, true), DEVICE_STRAY, DEVICE_SILENT);
    expect(message(COAP_RST, COAP_EMPTY, (uint16_t)(d.id - 1), false), DEVICE_STRAY, DEVICE_SILENT);
    cr_assert_eq(d.state, DEVICE_SENT);
}

Test(device, waits_for_a_separate_response_and_acknowledges_it)
{
    begin(true);
    expect(message(COAP_ACK, COAP_EMPTY, d.id, false), DEVICE_ACKED, DEVICE_SILENT);
    cr_assert_geq(d.patience, 10 * CLOCK_SECOND);
    expect(message(COAP_CON, COAP_CHANGED, 99, true), DEVICE_ANSWERED, DEVICE_SENDS_ACK);
    expect(message(COAP_CON, COAP_CHANGED, 99, true), DEVICE_REPEATED, DEVICE_SENDS_ACK);
}

Test(device, acknowledges_a_repeated_response_during_the_next_request)
{
    begin(true);
    expect(message(COAP_CON, COAP_CHANGED, 99, true), DEVICE_ANSWERED, DEVICE_SENDS_ACK);
    device_begin(&d, &chance, true);
    expect(message(COAP_CON, COAP_CHANGED, 99, false), DEVICE_REPEATED, DEVICE_SENDS_ACK);
    cr_assert_eq(d.state, DEVICE_SENT);
}

Test(device, rejects_a_confirmable_response_that_it_does_not_know)
{
    begin(true);
    expect(message(COAP_CON, COAP_CHANGED, 99, false), DEVICE_STRAY, DEVICE_SENDS_RST);
    expect(message(COAP_NON, COAP_CHANGED, 99, false), DEVICE_STRAY, DEVICE_SILENT);
    expect(message(COAP_CON, COAP_EMPTY, 98, false), DEVICE_STRAY, DEVICE_SENDS_RST);
}

Test(device, a_reset_ends_the_request)
{
    begin(true);
    expect(message(COAP_RST, COAP_EMPTY, d.id, false), DEVICE_RESET, DEVICE_SILENT);
    cr_assert_eq(d.state, DEVICE_IDLE);
}

Test(device, sends_again_four_times_with_the_same_identity)
{
    uint64_t patience;
    uint8_t token[DEVICE_TOKEN];
    uint16_t id;

    begin(true);
    id = d.id;
    patience = d.patience;
    memcpy(token, d.token, DEVICE_TOKEN);
    cr_assert(patience >= 2 * CLOCK_SECOND && patience <= 3 * CLOCK_SECOND);
    for (int i = 1; i <= 4; i++) {
        cr_assert(device_expire(&d, true));
        cr_assert_eq(d.patience, patience << i);
        cr_assert_eq(d.id, id);
        cr_assert_arr_eq(d.token, token, DEVICE_TOKEN);
    }
    cr_assert_not(device_expire(&d, true));
    cr_assert_eq(d.state, DEVICE_IDLE);
}

Test(device, sends_nothing_again_after_an_acknowledgement)
{
    begin(true);
    expect(message(COAP_ACK, COAP_EMPTY, d.id, false), DEVICE_ACKED, DEVICE_SILENT);
    cr_assert_not(device_expire(&d, true));
}

Test(device, sends_no_non_confirmable_again)
{
    begin(false);
    cr_assert_not(device_expire(&d, false));
    device_begin(&d, &chance, false);
    expect(message(COAP_NON, COAP_CHANGED, 5, true), DEVICE_ANSWERED, DEVICE_SILENT);
}

Test(device, each_request_has_its_own_id_and_token)
{
    uint8_t token[DEVICE_TOKEN];
    uint16_t id;

    begin(true);
    id = d.id;
    memcpy(token, d.token, DEVICE_TOKEN);
    expect(message(COAP_ACK, COAP_CHANGED, d.id, true), DEVICE_ANSWERED, DEVICE_SILENT);
    device_begin(&d, &chance, true);
    cr_assert_eq(d.id, (uint16_t)(id + 1));
    cr_assert_arr_neq(d.token, token, DEVICE_TOKEN);
}

Test(device, takes_its_own_request_back_from_an_echo)
{
    struct coap_message other, same;

    begin(true);
    other = message(COAP_CON, COAP_POST, d.id, false);
    same = message(COAP_CON, COAP_POST, d.id, true);
    cr_assert_eq(device_receive_echo(&d, &other).event, DEVICE_STRAY);
    cr_assert_eq(device_receive_echo(&d, &same).event, DEVICE_ANSWERED);
    cr_assert_eq(device_receive_echo(&d, &same).event, DEVICE_REPEATED);
}

Test(device, tells_repeated_answers_from_late_ones)
{
    begin(true);
    expect(message(COAP_ACK, COAP_CHANGED, d.id, true), DEVICE_ANSWERED, DEVICE_SILENT);
    expect(message(COAP_ACK, COAP_CHANGED, d.id, true), DEVICE_REPEATED, DEVICE_SILENT);
    device_begin(&d, &chance, true);
    expect(message(COAP_ACK, COAP_CHANGED, (uint16_t)(d.id - 1), false), DEVICE_REPEATED,
           DEVICE_SILENT);
    while (device_expire(&d, true))
        ;
    expect(message(COAP_ACK, COAP_CHANGED, d.id, true), DEVICE_LATE, DEVICE_SILENT);
    expect(message(COAP_ACK, COAP_CHANGED, d.id, true), DEVICE_REPEATED, DEVICE_SILENT);
    device_begin(&d, &chance, true);
    while (device_expire(&d, true))
        ;
    expect(message(COAP_CON, COAP_CHANGED, 99, true), DEVICE_LATE, DEVICE_SENDS_ACK);
}

Test(device, those_that_share_an_address_are_told_apart)
{
    struct coap_message m;

    random_source_seed(&chance, 2);
    for (uint8_t slot = 0; slot < 4; slot++) {
        device_init(&d, &chance, slot, 4);
        for (int i = 0; i < 100; i++) {
            uint16_t before = d.id;

            device_begin(&d, &chance, true);
            cr_assert_eq(d.id, (uint16_t)(before + 4));
            m = message(COAP_ACK, COAP_CHANGED, d.id, false);
            cr_assert_eq(device_slot(&m, 4), slot);
            m = message(COAP_CON, COAP_CHANGED, 77, true);
            cr_assert_eq(device_slot(&m, 4), slot);
        }
    }
}
