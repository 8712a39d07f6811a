#include "loadtest/ledger.h"

#include <criterion/criterion.h>

#define RUN      0xabcdef
#define DEVICES  5
#define MESSAGES 1000

static struct ledger l;
static struct results_verification v;

static uint32_t sent_ten(const void *owner, uint32_t device)
{
    return 10;
}

static void begin(void)
{
    v = (struct results_verification){0};
    cr_assert_eq(ledger_init(&l, RUN, DEVICES, MESSAGES), 0);
}

static void settle(void)
{
    ledger_settle(&l, &v, sent_ten, NULL);
    ledger_deinit(&l);
}

Test(ledger, balances_whatever_comes_first)
{
    begin();
    for (uint32_t device = 0; device < DEVICES; device++) {
        ledger_acknowledge(&l, device, 3);
        ledger_deliver(&l, device, 3);
        ledger_deliver(&l, device, 9);
        ledger_acknowledge(&l, device, 9);
    }
    cr_assert_not(ledger_is_missing(&l));
    settle();
    cr_assert_eq(v.acknowledged, 10);
    cr_assert_eq(v.delivered, 10);
    cr_assert_eq(v.lost + v.duplicated + v.unknown + v.unacknowledged, 0);
}

Test(ledger, names_what_is_lost)
{
    begin();
    ledger_acknowledge(&l, 0, 0);
    ledger_acknowledge(&l, 4, 9);
    ledger_deliver(&l, 0, 0);
    cr_assert(ledger_is_missing(&l));
    settle();
    cr_assert_eq(v.acknowledged, 2);
    cr_assert_eq(v.delivered, 1);
    cr_assert_eq(v.lost, 1);
    cr_assert_eq(v.lost_names, 1);
    cr_assert_str_eq(v.lost_name[0], "abcdef-00004-0000009");
}

Test(ledger, what_was_missing_may_come)
{
    begin();
    for (uint32_t sequence = 0; sequence < 10; sequence++)
        ledger_acknowledge(&l, 1, sequence);
    for (uint32_t sequence = 0; sequence < 10; sequence++) {
        cr_assert(ledger_is_missing(&l));
        ledger_deliver(&l, 1, 9 - sequence);
    }
    cr_assert_not(ledger_is_missing(&l));
    ledger_deinit(&l);
}

Test(ledger, names_what_comes_twice)
{
    begin();
    ledger_acknowledge(&l, 2, 1);
    for (int i = 0; i < 3; i++)
        ledger_deliver(&l, 2, 1);
    settle();
    cr_assert_eq(v.delivered, 1);
    cr_assert_eq(v.duplicated, 2);
    cr_assert_eq(v.duplicated_names, 2);
    cr_assert_str_eq(v.duplicated_name[1], "abcdef-00002-0000001");
}

Test(ledger, knows_what_nobody_acknowledged_and_what_nobody_sent)
{
    begin();
    ledger_deliver(&l, 3, 9);
    ledger_deliver(&l, 3, 10);
    ledger_deliver(&l, DEVICES, 0);
    ledger_deliver(&l, 0, MESSAGES);
    settle();
    cr_assert_eq(v.unacknowledged, 1);
    cr_assert_eq(v.unknown, 3);
    cr_assert_eq(v.lost, 0);
}

Test(ledger, says_what_it_has_no_room_for)
{
    begin();
    ledger_acknowledge(&l, 0, MESSAGES / DEVICES - 1);
    cr_assert_eq(l.beyond, 0);
    ledger_acknowledge(&l, 0, MESSAGES / DEVICES);
    cr_assert_eq(l.beyond, 1);
    ledger_deinit(&l);
}

Test(ledger, keeps_a_few_names_of_many)
{
    begin();
    for (uint32_t sequence = 0; sequence < 10; sequence++)
        for (uint32_t device = 0; device < DEVICES; device++)
            ledger_acknowledge(&l, device, sequence);
    settle();
    cr_assert_eq(v.lost, 50);
    cr_assert_eq(v.lost_names, RESULTS_NAMES);
    cr_assert_str_eq(v.lost_name[5], "abcdef-00000-0000001");
}
