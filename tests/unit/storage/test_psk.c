#include "storage/psk.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#define MINUTE 60000

static struct psk text(const char *of)
{
    struct psk key = {0};

    strcpy(key.text, of);
    return key;
}

static struct psk hex(const char *of)
{
    struct psk key = text(of);

    key.is_hex = true;
    return key;
}

static bool legal(struct psk key)
{
    return psk_is_legal(&key);
}

Test(psk, legal_keys)
{
    char longest[PSK_TEXT_MAX + 1] = {0};

    memset(longest, '7', PSK_TEXT_MAX);
    cr_expect(legal(text("12345678")));
    cr_expect(legal(text("with space ~!\"")));
    cr_expect(legal(text(longest)));
    cr_expect(legal(hex(longest)));
    cr_expect(legal(hex("00ff00FF00ff00ff")));
    cr_expect_not(legal(text("")));
    cr_expect_not(legal(text("1234567")));
    cr_expect_not(legal(text("1234,5678")));
    cr_expect_not(legal(text("12345678\x7f")));
    cr_expect_not(legal(text("12345678\n")));
    cr_expect_not(legal(hex("00ff00ff00ff00")));
    cr_expect_not(legal(hex("00ff00ff00ff00fff")));
    cr_expect_not(legal(hex("00ff00ff00ff00fg")));
}

Test(psk, bytes_of_both_forms)
{
    static const uint8_t expected[] = {0, 255, 0x1a, 0x2b, 3, 4, 5, 6};
    struct psk as_text = text("secret key"), as_hex = hex("00ff1A2b03040506");
    uint8_t bytes[PSK_BYTES_MAX];

    cr_expect_eq(psk_bytes(&as_text, bytes), 10);
    cr_expect_arr_eq(bytes, "secret key", 10);
    cr_expect_eq(psk_bytes(&as_hex, bytes), 8);
    cr_expect_arr_eq(bytes, expected, 8);
    cr_expect_not(psk_equal(&as_text, &as_hex));
}

/* Each of the 62 characters is as likely as the others: 16,000 draws, 258 expected of each. */
Test(psk, generated_keys_are_letters_and_digits_without_a_bias)
{
    unsigned counts[256] = {0}, kinds = 0;
    struct psk key, before = {0};

    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(psk_generate(&key), 0);
        cr_assert_eq(strlen(key.text), PSK_GENERATED);
        cr_assert(psk_is_legal(&key));
        cr_assert_not(psk_equal(&key, &before));
        for (const char *c = key.text; *c; c++)
            counts[(unsigned char)*c]++;
        before = key;
    }
    for (int c = 0; c < 256; c++) {
        cr_expect_eq(counts[c] > 0, isalnum(c) != 0);
        cr_expect(counts[c] == 0 || (counts[c] > 150 && counts[c] < 370), "%c: %u", c, counts[c]);
        kinds += counts[c] > 0;
    }
    cr_expect_eq(kinds, 62);
}

static const char *after_call(struct psk_record *r, uint64_t wall_ms, const char *candidate)
{
    struct psk key = text(candidate);

    psk_record_bootstrap(r, wall_ms, &key);
    return r->newest.text;
}

Test(psk_record, a_call_makes_a_key_and_another_one_five_minutes_after_the_last_call)
{
    struct psk_record r = {0};

    cr_expect_str_eq(after_call(&r, 1000 * MINUTE, "first key"), "first key");
    cr_expect_str_eq(after_call(&r, 1000 * MINUTE, "candidate"), "first key");
    cr_expect_str_eq(after_call(&r, 1005 * MINUTE - 1, "candidate"), "first key");
    cr_expect_str_eq(after_call(&r, 1010 * MINUTE - 2, "candidate"), "first key",
                     "the call before was later");
    cr_expect_str_eq(after_call(&r, 1015 * MINUTE - 2, "second key"), "second key");
    cr_expect_str_eq(after_call(&r, 900 * MINUTE, "candidate"), "second key",
                     "a clock that is set back makes no key");
}

Test(psk_record, a_users_key_stays)
{
    struct psk_record r = {.newest = hex("00ff1A2b03040506"), .is_users = true};

    cr_expect_str_eq(after_call(&r, 1000 * MINUTE, "candidate"), "00ff1A2b03040506");
    cr_expect(r.newest.is_hex);
    cr_expect(r.is_users);
    cr_expect_not(psk_record_prove(&r, &r.newest));
}

/* Two responses in a row are lost: the device still has the key that it proved. */
Test(psk_record, the_last_proved_key_stays_until_the_newest_is_proved)
{
    struct psk_record r = {0};
    struct psk first, third;

    after_call(&r, 0, "first key");
    first = r.newest;
    cr_expect(psk_record_prove(&r, &first));
    cr_expect_not(psk_record_prove(&r, &first));
    after_call(&r, 5 * MINUTE, "second key");
    after_call(&r, 10 * MINUTE, "third key");
    third = r.newest;
    cr_expect_str_eq(r.proved.text, "first key");
    cr_expect_not(psk_record_prove(&r, &first));
    cr_expect(psk_record_prove(&r, &third));
    cr_expect_str_eq(r.proved.text, "third key");
}
