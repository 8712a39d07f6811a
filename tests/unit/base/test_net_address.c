#include "base/net_address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct net_address address(const char *text)
{
    struct net_address a;

    cr_assert(net_address_parse(&a, text), "%s", text);
    return a;
}

static struct net_prefix prefix(const char *text)
{
    struct net_prefix p;

    cr_assert(net_prefix_parse(&p, text), "%s", text);
    return p;
}

static bool contains(const char *network, const char *ip_text)
{
    struct net_prefix p = prefix(network);
    uint8_t ip[16];

    cr_assert(net_ip_parse(ip, ip_text), "%s", ip_text);
    return net_prefix_contains(&p, ip);
}

Test(net_ip, ipv4_is_ipv4_mapped)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 100, 91, 200, 24};
    uint8_t ip[16];

    cr_assert(net_ip_parse(ip, "100.91.200.24"));
    cr_assert_arr_eq(ip, mapped, 16);
    cr_assert(net_ip_is_v4(ip));
    cr_assert(net_ip_parse(ip, "::ffff:100.91.200.24"), "the same address, written long");
    cr_assert_arr_eq(ip, mapped, 16);
    cr_assert(net_ip_parse(ip, "::100.91.200.24"));
    cr_assert_not(net_ip_is_v4(ip), "compatible is not mapped");
}

Test(net_ip, format_undoes_parse)
{
    static const char *const texts[] = {
        "0.0.0.0", "255.255.255.255", "127.0.0.1", "::", "::1", "fd00:1:2:3:4:5:6:7", "fe80::a:b"};
    char text[NET_ADDRESS_TEXT];
    uint8_t ip[16];

    for (size_t i = 0; i < COUNT(texts); i++) {
        cr_assert(net_ip_parse(ip, texts[i]), "%s", texts[i]);
        cr_expect_str_eq(net_ip_format(ip, text), texts[i]);
    }
}

Test(net_ip, refuses_what_is_no_address)
{
    static const char *const texts[] = {"",      "1.2.3",  "1.2.3.256", "1.2.3.4.5", "1.2.3.4 ",
                                        "[::1]", "::1%lo", ":::",       "g::",       "localhost"};
    uint8_t ip[16];

    for (size_t i = 0; i < COUNT(texts); i++)
        cr_expect_not(net_ip_parse(ip, texts[i]), "\"%s\"", texts[i]);
}

Test(net_address, format_undoes_parse)
{
    static const char *const texts[] = {
        "1.2.3.4:5683",    "0.0.0.0:0", "255.255.255.255:65535",
        "[::1]:5683",      "[::]:0",    "[fd00:1111:2222:3333:4444:5555:6666:7777]:65535",
        "[fe80::1%7]:5683"};
    char text[NET_ADDRESS_TEXT];

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct net_address a = address(texts[i]);

        cr_expect_str_eq(net_address_format(&a, text), texts[i]);
    }
}

Test(net_address, refuses_what_is_none)
{
    static const char *const texts[] = {"",
                                        ":",
                                        "1.2.3.4",
                                        "1.2.3.4:",
                                        "1.2.3.4:65536",
                                        "1.2.3.4:-1",
                                        "1.2.3.4: 80",
                                        "1.2.3.4:+80",
                                        "1.2.3.4:80x",
                                        "1.2.3.4:99999999999999999999",
                                        "::1:5683",
                                        "[::1]",
                                        "[::1:5683",
                                        "::1]:5683",
                                        "[1.2.3.4]:5683",
                                        "[]:5683",
                                        "[::1%]:5683",
                                        "[::1%no]:5683",
                                        "1.2.3.4%lo:80",
                                        "1.2.3.4%1:80",
                                        "[::1] :80",
                                        "[::1%0]:80",
                                        "host:80"};
    struct net_address a;

    for (size_t i = 0; i < COUNT(texts); i++)
        cr_expect_not(net_address_parse(&a, texts[i]), "\"%s\"", texts[i]);
}

Test(net_address, refuses_a_host_that_is_longer_than_any)
{
    char text[200];
    struct net_address a;

    memset(text, '1', sizeof(text));
    memcpy(text + sizeof(text) - 4, ":80", 4);
    cr_assert_not(net_address_parse(&a, text));
}

Test(net_address, zones_by_name_and_by_number)
{
    cr_assert_eq(address("[fe80::1%lo]:80").scope, 1, "the loopback interface is the first");
    cr_assert_eq(address("[fe80::1%1]:80").scope, 1);
    cr_assert_eq(address("[fe80::1%4294967295]:80").scope, UINT32_MAX);
    cr_assert_eq(address("[fe80::1]:80").scope, 0);
}

Test(net_address, equality_is_of_all_parts)
{
    struct net_address a = address("1.2.3.4:5683"), same = address("1.2.3.4:5683"),
                       port = address("1.2.3.4:5684"), ip = address("1.2.3.5:5683"),
                       zone = address("[fe80::1%1]:1"), other_zone = address("[fe80::1%2]:1");

    cr_assert(net_address_equal(&a, &same));
    cr_assert_not(net_address_equal(&a, &port));
    cr_assert_not(net_address_equal(&a, &ip));
    cr_assert_not(net_address_equal(&zone, &other_zone));
}

Test(net_address, survives_the_sockets_form)
{
    static const char *const texts[] = {"1.2.3.4:5683", "[fe80::1%3]:1", "[::1]:65535"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct net_address a = address(texts[i]), back;
        union net_sockaddr s;

        cr_expect_eq(net_address_to_sockaddr(&a, &s), i == 0 ? sizeof(s.v4) : sizeof(s.v6));
        net_address_from_sockaddr(&back, &s);
        cr_expect(net_address_equal(&a, &back), "%s", texts[i]);
    }
}

/* A socket of both families gives IPv4 peers as mapped addresses: they are the same endpoint. */
Test(net_address, a_mapped_peer_is_its_ipv4_self)
{
    struct net_address a = address("1.2.3.4:5683"), b;
    union net_sockaddr s = {.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(5683)}};

    cr_assert_eq(inet_pton(AF_INET6, "::ffff:1.2.3.4", &s.v6.sin6_addr), 1);
    net_address_from_sockaddr(&b, &s);
    cr_assert(net_address_equal(&a, &b));
}

Test(net_prefix, contains_what_shares_its_bits)
{
    cr_expect(contains("10.0.0.0/8", "10.0.0.0"));
    cr_expect(contains("10.0.0.0/8", "10.255.255.255"));
    cr_expect_not(contains("10.0.0.0/8", "11.0.0.0"));
    cr_expect_not(contains("10.0.0.0/8", "9.255.255.255"));
    cr_expect(contains("100.64.0.0/10", "100.127.255.255"));
    cr_expect_not(contains("100.64.0.0/10", "100.128.0.0"));
    cr_expect(contains("fc00::/7", "fdff::1"));
    cr_expect_not(contains("fc00::/7", "fe00::1"));
    cr_expect(contains("1.2.3.4/31", "1.2.3.5"));
    cr_expect_not(contains("1.2.3.4/31", "1.2.3.6"));
}

Test(net_prefix, of_full_length_and_of_none)
{
    cr_expect(contains("1.2.3.4", "1.2.3.4"));
    cr_expect_not(contains("1.2.3.4", "1.2.3.5"));
    cr_expect(contains("::1", "::1"));
    cr_expect_not(contains("::1/128", "::2"));
    cr_expect(contains("0.0.0.0/0", "255.255.255.255"));
    cr_expect_not(contains("0.0.0.0/0", "::1"), "it is all of IPv4 and no more");
    cr_expect(contains("::/0", "fd00::1"));
}

/* It is compared by words: also where these meet. */
Test(net_prefix, of_each_length_asks_for_its_bits_and_no_others)
{
    struct net_prefix p = prefix("2001:db8:5555:aaaa:1234:5678:9abc:def1");

    for (p.bits = 0; p.bits <= 128; p.bits++)
        for (unsigned bit = 0; bit < 128; bit++) {
            uint8_t ip[16];

            memcpy(ip, p.ip, sizeof(ip));
            ip[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            cr_expect_eq(net_prefix_contains(&p, ip), bit >= p.bits, "bit %u of /%u", bit, p.bits);
        }
}

Test(net_prefix, refuses_what_is_none)
{
    static const char *const texts[] = {
        "",           "/8",         "10.0.0.0/",          "10.0.0.0/33",  "10.0.0.0/-1",
        "10.0.0.1/8", "10.0.0.0/x", "10.0.0.0/8 ",        "10.0.0.0/8/8", "::/129",
        "fd00::1/64", "10.0.0/8",   "10.0.0.0/4294967304"};
    struct net_prefix p;

    for (size_t i = 0; i < COUNT(texts); i++)
        cr_expect_not(net_prefix_parse(&p, texts[i]), "\"%s\"", texts[i]);
}

Test(net_ip, mask_zeroes_from_its_bit_on)
{
    for (unsigned bits = 0; bits <= 128; bits++) {
        uint8_t ip[16];

        memset(ip, 0xff, sizeof(ip));
        net_ip_mask(ip, bits);
        for (unsigned i = 0; i < 128; i++)
            cr_assert_eq(ip[i / 8] >> (7 - i % 8) & 1, i < bits, "bit %u of /%u", i, bits);
    }
}
