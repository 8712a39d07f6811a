#include "workers/device_cache.h"

#include "base/clock.h"
#include "base/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const uint8_t *address(uint32_t n)
{
    static uint8_t ip[16];

    memcpy(ip + 12, &n, 4);
    return ip;
}

static struct device_entry *put(struct device_cache *c, uint64_t now, uint32_t n)
{
    struct device d = {.active = true};

    snprintf(d.iccid, sizeof(d.iccid), "%u", n);
    return device_cache_put(c, now, address(n), &d, 60 * CLOCK_SECOND);
}

Test(device_cache, keeps_devices_for_their_life)
{
    struct device_cache c;

    cr_assert_eq(device_cache_init(&c, 16), 0);
    cr_assert_null(device_cache_find(&c, 0, address(1)));
    put(&c, 0, 1);
    cr_assert_str_eq(device_cache_find(&c, 59 * CLOCK_SECOND, address(1))->device.iccid, "1");
    cr_assert_null(device_cache_find(&c, 60 * CLOCK_SECOND, address(1)));
    cr_assert_null(device_cache_find(&c, 0, address(2)));
    cr_assert_eq(c.hits, 1);
    cr_assert_eq(c.misses, 2);
    cr_assert_eq(c.stale, 1);
    device_cache_deinit(&c);
}

Test(device_cache, keeps_that_there_is_none)
{
    struct device_cache c;

    cr_assert_eq(device_cache_init(&c, 16), 0);
    device_cache_put(&c, 0, address(1), NULL, CLOCK_SECOND);
    cr_assert_not(device_cache_find(&c, 0, address(1))->registered);
    put(&c, 0, 1);
    cr_assert(device_cache_find(&c, 0, address(1))->registered);
    cr_assert_eq(c.entries.used, 1);
    device_cache_deinit(&c);
}

Test(device_cache, a_new_answer_keeps_the_rate)
{
    struct device_cache c;
    struct device_entry *e;

    cr_assert_eq(device_cache_init(&c, 16), 0);
    cr_assert(device_entry_allow(put(&c, 0, 1), 0, 1, 1));
    e = put(&c, 0, 1);
    cr_assert_not(device_entry_allow(e, 0, 1, 1));
    device_cache_deinit(&c);
}

Test(device_cache, order_keys_are_the_same_in_every_cache)
{
    struct device_cache a, b;

    cr_assert_eq(device_cache_init(&a, 16), 0);
    cr_assert_eq(device_cache_init(&b, 16), 0);
    cr_assert_eq(put(&a, 0, 1)->order_key, put(&b, 0, 1)->order_key);
    cr_assert_neq(put(&a, 0, 1)->order_key, put(&a, 0, 2)->order_key);
    device_cache_deinit(&a);
    device_cache_deinit(&b);
}

Test(device_cache, what_is_used_stays_when_it_is_full)
{
    struct device_cache c;

    cr_assert_eq(device_cache_init(&c, 8), 0);
    for (uint32_t n = 0; n < 8; n++)
        put(&c, 0, n);
    put(&c, 0, 100); /* the hand clears all the marks once */
    for (uint32_t n = 200; n < 205; n++) {
        cr_assert_not_null(device_cache_find(&c, 0, address(7)));
        put(&c, 0, n);
    }
    cr_assert_not_null(device_cache_find(&c, 0, address(7)));
    cr_assert_eq(c.entries.used, 8);
    cr_assert_eq(c.evicted, 6);
    device_cache_deinit(&c);
}

Test(device_cache, holds_together_under_pressure)
{
    struct random_source random;
    struct device_cache c;

    random_source_seed(&random, 1);
    cr_assert_eq(device_cache_init(&c, 32), 0);
    for (int i = 0; i < 100000; i++) {
        uint32_t n = random_below(&random, 100);
        struct device_entry *e = device_cache_find(&c, 0, address(n));

        if (e)
            cr_assert_eq((uint32_t)atoi(e->device.iccid), n);
        else
            put(&c, 0, n);
        cr_assert_not_null(device_cache_find(&c, 0, address(n)));
        cr_assert_leq(c.entries.used, 32);
    }
    device_cache_deinit(&c);
}

/* How many of a device's messages, one each `interval`, pass within `duration`. */
static uint32_t passed(uint32_t rate, uint32_t burst, uint64_t interval, uint64_t duration)
{
    struct device_entry e = {0};
    uint32_t count = 0;

    for (uint64_t t = 0; t < duration; t += interval)
        count += device_entry_allow(&e, CLOCK_SECOND + t, rate, burst);
    return count;
}

Test(device_cache, rates_and_bursts)
{
    cr_assert_eq(passed(0, 1, CLOCK_MILLISECOND, CLOCK_SECOND), 1000, "no limit");
    cr_assert_eq(passed(1, 1, CLOCK_MILLISECOND, 10 * CLOCK_SECOND), 10);
    cr_assert_eq(passed(1, 5, CLOCK_MILLISECOND, 10 * CLOCK_SECOND), 14);
    cr_assert_eq(passed(100, 10, CLOCK_MILLISECOND, CLOCK_SECOND), 109);
    cr_assert_eq(passed(2, 1, CLOCK_SECOND / 2, 10 * CLOCK_SECOND), 20, "just as often");
    cr_assert_eq(passed(1, 5, 1, 100), 5, "all at once");
}

Test(device_cache, doubt_makes_everything_stale)
{
    struct device_cache c;

    cr_assert_eq(device_cache_init(&c, 16), 0);
    put(&c, 0, 1);
    device_cache_doubt(&c);
    cr_assert_null(device_cache_find(&c, 0, address(1)));
    cr_assert_not_null(device_cache_find_stale(&c, address(1)));
    put(&c, 0, 1);
    cr_assert_not_null(device_cache_find(&c, 0, address(1)));
    device_cache_deinit(&c);
}

Test(device_cache, forgets_an_address_and_all_addresses_of_a_device)
{
    struct device other = {.iccid = "other"};
    struct device_cache c;

    cr_assert_eq(device_cache_init(&c, 16), 0);
    put(&c, 0, 1);
    device_cache_put(&c, 0, address(2), &other, CLOCK_SECOND);
    device_cache_put(&c, 0, address(3), &other, CLOCK_SECOND);
    device_cache_put(&c, 0, address(4), NULL, CLOCK_SECOND);
    device_cache_forget(&c, address(1));
    device_cache_forget(&c, address(5));
    cr_assert_null(device_cache_find_stale(&c, address(1)));
    cr_assert_not_null(device_cache_find(&c, 0, address(2)));
    device_cache_forget_device(&c, "other");
    device_cache_forget_device(&c, "1");
    cr_assert_null(device_cache_find_stale(&c, address(2)));
    cr_assert_null(device_cache_find_stale(&c, address(3)));
    cr_assert_not_null(device_cache_find(&c, 0, address(4)));
    device_cache_deinit(&c);
}

Test(device_cache, an_address_can_change_its_device)
{
    struct device before = {.iccid = "before"}, after = {.iccid = "after"};
    struct device_cache c;

    cr_assert_eq(device_cache_init(&c, 16), 0);
    device_cache_put(&c, 0, address(1), &before, CLOCK_SECOND);
    device_cache_put(&c, 0, address(1), &after, CLOCK_SECOND);
    device_cache_forget_device(&c, "before");
    cr_assert_str_eq(device_cache_find(&c, 0, address(1))->device.iccid, "after");
    device_cache_forget_device(&c, "after");
    cr_assert_null(device_cache_find(&c, 0, address(1)));
    cr_assert_eq(c.entries.used, 0);
    device_cache_deinit(&c);
}
