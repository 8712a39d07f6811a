#include "loadtest/sources.h"

#include <criterion/criterion.h>

static struct sources sources_of(const char *text, uint8_t bits)
{
    struct net_prefix prefix;

    cr_assert(net_prefix_parse(&prefix, text));
    return sources_in(&prefix, bits);
}

static void expect_address(const struct sources *s, uint32_t device, const char *expected)
{
    char text[NET_ADDRESS_TEXT];
    uint8_t ip[16];

    sources_address(s, device, ip);
    cr_expect_str_eq(net_ip_format(ip, text), expected);
    cr_expect_eq(sources_device(s, ip), device, "%s", expected);
}

static void expect_no_device(const struct sources *s, const char *text)
{
    uint8_t ip[16];

    cr_assert(net_ip_parse(ip, text));
    cr_expect_eq(sources_device(s, ip), SOURCES_NONE, "%s", text);
}

Test(sources, leave_out_the_first_256_of_a_wide_prefix)
{
    struct sources s = sources_of("127.0.0.0/8", 128);

    expect_address(&s, 0, "127.0.1.0");
    expect_address(&s, 257, "127.0.2.1");
    cr_assert_eq(s.count, (1u << 24) - 256);
}

Test(sources, use_all_of_a_narrow_prefix)
{
    struct sources s = sources_of("10.1.0.0/16", 128);

    expect_address(&s, 0, "10.1.0.0");
    cr_assert_eq(s.count, 65536);
    s = sources_of("10.1.2.3", 128);
    expect_address(&s, 0, "10.1.2.3");
    cr_assert_eq(s.count, 1);
}

Test(sources, cover_the_whole_internet)
{
    struct sources s = sources_of("0.0.0.0/0", 128);

    cr_assert_eq(s.count, UINT32_MAX - 256);
}

Test(sources, find_the_device_of_an_address)
{
    struct sources s = sources_of("10.0.0.0/24", 128);

    expect_address(&s, 255, "10.0.0.255");
    expect_no_device(&s, "10.0.1.0");
    expect_no_device(&s, "9.255.255.255");
    expect_no_device(&s, "fd00::1");
}

Test(sources, give_each_device_an_ipv6_prefix)
{
    struct sources s = sources_of("fd00:5a::/32", 64);

    cr_assert_eq(s.count, UINT32_MAX);
    expect_address(&s, 0, "fd00:5a::1");
    expect_address(&s, 0x12345, "fd00:5a:1:2345::1");
    expect_no_device(&s, "fd00:5a:1:2345::2");
    expect_no_device(&s, "fd00:5b::1");
    s = sources_of("fd00:5a::/40", 48);
    cr_assert_eq(s.count, 256);
    expect_address(&s, 255, "fd00:5a:ff::1");
    expect_no_device(&s, "fd00:5a:0:1::1");
}

Test(sources, give_each_device_an_ipv6_address)
{
    struct sources s = sources_of("fd00:5a::/112", 128);

    cr_assert_eq(s.count, 65536);
    expect_address(&s, 0, "fd00:5a::");
    expect_address(&s, 65535, "fd00:5a::ffff");
    expect_no_device(&s, "fd00:5a::1:0");
}

/* A device's bits on both sides of the middle. */
Test(sources, give_each_device_a_prefix_across_the_middle)
{
    struct sources s = sources_of("fd00::/60", 72);

    cr_assert_eq(s.count, 4096);
    expect_address(&s, 4095, "fd00::f:ff00:0:0:1");
    expect_address(&s, 256, "fd00:0:0:1::1");
}
