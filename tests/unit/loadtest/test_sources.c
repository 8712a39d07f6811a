#include "loadtest/sources.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static struct sources sources_of(const char *text)
{
    struct net_prefix prefix;

    cr_assert(net_prefix_parse(&prefix, text));
    return sources_in(&prefix);
}

static const char *address_of(const struct sources *s, uint32_t device)
{
    return inet_ntoa(sources_address(s, device));
}

Test(sources, leave_out_the_first_256_of_a_wide_prefix)
{
    struct sources s = sources_of("127.0.0.0/8");

    cr_assert_str_eq(address_of(&s, 0), "127.0.1.0");
    cr_assert_str_eq(address_of(&s, 257), "127.0.2.1");
    cr_assert_eq(s.count, (1u << 24) - 256);
}

Test(sources, use_all_of_a_narrow_prefix)
{
    struct sources s = sources_of("10.1.0.0/16");

    cr_assert_str_eq(address_of(&s, 0), "10.1.0.0");
    cr_assert_eq(s.count, 65536);
    s = sources_of("10.1.2.3");
    cr_assert_str_eq(address_of(&s, 0), "10.1.2.3");
    cr_assert_eq(s.count, 1);
}

Test(sources, cover_the_whole_internet)
{
    struct sources s = sources_of("0.0.0.0/0");

    cr_assert_eq(s.count, UINT32_MAX - 255);
}

Test(sources, find_the_device_of_an_address)
{
    struct sources s = sources_of("10.0.0.0/24");

    cr_assert_eq(sources_device(&s, sources_address(&s, 255)), 255);
    cr_assert_eq(sources_device(&s, (struct in_addr){inet_addr("10.0.1.0")}), SOURCES_NONE);
    cr_assert_eq(sources_device(&s, (struct in_addr){inet_addr("9.255.255.255")}), SOURCES_NONE);
}
