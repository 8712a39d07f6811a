#include "workers/dtls/key_choice.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(dtls_key_choice, other_key_once)
{
    static struct key_choice k;

    cr_assert_eq(key_choice_init(&k), 0);
    cr_expect_not(key_choice_is_other(&k, "1"));
    key_choice_set(&k, "1", true);
    cr_expect(key_choice_is_other(&k, "1"));
    cr_expect_not(key_choice_is_other(&k, "2"));
    key_choice_set(&k, "2", false);
    cr_expect(key_choice_is_other(&k, "1"));
    key_choice_set(&k, "1", false);
    cr_expect_not(key_choice_is_other(&k, "1"));
}

/* A crowd pushes out what is remembered, and makes nobody remembered who should not be. */
Test(dtls_key_choice, is_bounded)
{
    static struct key_choice k;
    char identity[16];
    unsigned remembered = 0;

    cr_assert_eq(key_choice_init(&k), 0);
    for (unsigned i = 0; i < 10 * KEY_CHOICES; i++) {
        snprintf(identity, sizeof(identity), "%u", i);
        cr_expect_not(key_choice_is_other(&k, identity));
        key_choice_set(&k, identity, true);
    }
    for (unsigned i = 0; i < 10 * KEY_CHOICES; i++) {
        snprintf(identity, sizeof(identity), "%u", i);
        remembered += key_choice_is_other(&k, identity);
    }
    cr_expect_leq(remembered, KEY_CHOICES);
    cr_expect_gt(remembered, KEY_CHOICES / 2);
    cr_expect_eq(k.count, remembered);
    for (unsigned i = 0; i < 10 * KEY_CHOICES; i++) {
        snprintf(identity, sizeof(identity), "%u", i);
        key_choice_set(&k, identity, false);
        cr_expect_not(key_choice_is_other(&k, identity));
    }
    cr_expect_eq(k.count, 0);
}
