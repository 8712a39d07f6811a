/* What strangers can make us hold and send: cookies, budgets, time limits. */
#include "base/clock.h"
#include "base/writer.h"
#include "tests/protocol/dtls/world.h"

#include <criterion/criterion.h>
#include <string.h>

#define STRANGERS  100000
#define HELLO_ROOM 256
#define COOKIE_OFFSET                                                                              \
    28 /* in a HelloVerifyRequest, RFC 6347 §4.2.1: behind headers, version, length */

/* What a widespread JavaScript client offers: eleven suites, 3DES first, and no extensions. */
static const uint16_t eleven[] = {0x008b, 0x008d, 0x008c, 0x00ae, 0x00af, 0x00a8,
                                  0x00a9, 0xc0a4, 0xc0a5, 0xc0a8, 0xc0a9};

static size_t write_hello(uint8_t *bytes, uint8_t random, const uint8_t *cookie, size_t length)
{
    struct writer w = writer_over(bytes, HELLO_ROOM);
    uint16_t body = (uint16_t)(2 + 32 + 1 + 1 + length + 2 + sizeof(eleven) + 2);

    writer_u8(&w, RECORD_HANDSHAKE);
    writer_literal(&w, "\xfe\xfd\0\0\0\0\0\0\0");
    writer_u8(&w, length > 0);
    writer_u16(&w, (uint16_t)(12 + body));
    writer_u8(&w, HANDSHAKE_CLIENT_HELLO);
    writer_u8(&w, 0);
    writer_u16(&w, body);
    writer_u16(&w, length > 0);
    writer_literal(&w, "\0\0\0\0");
    writer_u16(&w, body);
    writer_u16(&w, 0xfefd);
    memset(writer_reserve(&w, 32), random, 32);
    writer_u8(&w, 0);
    writer_u8(&w, (uint8_t)length);
    writer_bytes(&w, cookie, length);
    writer_u16(&w, sizeof(eleven));
    for (size_t i = 0; i < sizeof(eleven) / 2; i++)
        writer_u16(&w, eleven[i]);
    writer_u16(&w, 0x0100); /* no compression */
    cr_assert_not(writer_length(&w) == 0 || w.failed);
    return writer_length(&w);
}

static struct net_address stranger(uint32_t number)
{
    struct net_address a = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 11}, .port = 7};

    a.ip[13] = (uint8_t)(number >> 16);
    a.ip[14] = (uint8_t)(number >> 8);
    a.ip[15] = (uint8_t)number;
    return a;
}

/* Gets a cookie at an address, and comes with it from another after `wait`. True when a handshake
 * began. */
static bool come_back_as(struct world *w, const struct net_address *from,
                         const struct net_address *to, uint64_t wait)
{
    uint64_t started = w->dtls.counters[DTLS_HANDSHAKES_STARTED];
    uint8_t hello[HELLO_ROOM];
    uint8_t cookie[64];
    uint8_t length;

    world_inject(w, from, hello, write_hello(hello, 1, NULL, 0));
    length = w->last_to_client.bytes[COOKIE_OFFSET - 1];
    cr_assert_leq(length, sizeof(cookie));
    memcpy(cookie, w->last_to_client.bytes + COOKIE_OFFSET, length);
    w->in_flight = 0;
    world_run_for(w, wait);
    world_inject(w, to, hello, write_hello(hello, 1, cookie, length));
    return w->dtls.counters[DTLS_HANDSHAKES_STARTED] > started;
}

static bool come_back(struct world *w, const struct net_address *from, uint64_t wait)
{
    return come_back_as(w, from, from, wait);
}

/* Each bit of an address and its port counts. */
static void check_binding(const struct net_address *from)
{
    struct world *w = world_open(NULL);
    struct net_address other;

    for (uint32_t bit = 0; bit < 8 * sizeof(from->ip); bit++) {
        other = *from;
        other.ip[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_expect_not(come_back_as(w, from, &other, 0), "bit %u of the address", bit);
    }
    for (uint32_t bit = 0; bit < 16; bit++) {
        other = *from;
        other.port ^= (uint16_t)(1 << bit);
        cr_expect_not(come_back_as(w, from, &other, 0), "bit %u of the port", bit);
    }
    cr_expect(come_back(w, from, 0));
    world_close(w);
}

Test(dtls_budget, a_cookie_is_good_for_its_address_alone)
{
    struct net_address v4 = stranger(1), v6 = {.ip = {0xfe, 0x80, [15] = 1}, .port = 7, .scope = 3};
    struct net_address other = v6;
    struct world *w = world_open(NULL);

    check_binding(&v4);
    check_binding(&v6);
    for (uint32_t bit = 0; bit < 32; bit++) {
        other.scope = v6.scope ^ UINT32_C(1) << bit;
        cr_expect_not(come_back_as(w, &v6, &other, 0), "bit %u of the scope", bit);
    }
    world_close(w);
}

Test(dtls_budget, cookies_cost_no_memory_and_send_no_more_than_came)
{
    struct world *w = world_open(NULL);
    uint8_t hello[HELLO_ROOM];
    size_t length = write_hello(hello, 1, NULL, 0), with_cookie;
    struct net_address from = stranger(0);
    uint8_t no_cookie[20] = {1};
    size_t before;

    world_inject(w, &from, hello, length);
    world_inject(w, &from, hello, write_hello(hello, 1, no_cookie, sizeof(no_cookie)));
    before = world_memory(); /* with the two sessions that serve all */
    for (uint32_t i = 1; i <= STRANGERS; i++) {
        from = stranger(i);
        w->in_flight = 0;
        length = write_hello(hello, (uint8_t)i, NULL, 0);
        world_inject(w, &from, hello, length);
        with_cookie = write_hello(hello, (uint8_t)i, no_cookie, i % sizeof(no_cookie) + 1);
        world_inject(w, &from, hello, with_cookie);
        cr_assert_leq(w->bytes_out, w->bytes_in);
    }
    cr_expect_leq(world_memory(), before);
    cr_expect_eq(w->dtls.counters[DTLS_HELLO_VERIFY_REQUESTS], 2 * (STRANGERS + 1));
    cr_expect_eq(w->dtls.table.slots.fresh, 0);
    world_close(w);
}

Test(dtls_budget, eleven_suites_and_no_extensions)
{
    struct world *w = world_open(NULL);
    struct net_address from = w->clients[1].address;
    struct cursor c;
    struct record r;

    from = stranger(1);
    cr_assert(come_back(w, &from, 0));
    c = cursor_over(w->last_to_client.bytes, w->last_to_client.length);
    cr_assert(record_next(&c, &r));
    cr_expect_eq(r.type, RECORD_HANDSHAKE);
    cr_expect_eq(r.body[0], 2); /* ServerHello: 12 + 2 + 32, session id, suite, compression */
    cr_expect_eq(r.body[46], 0);
    cr_expect_eq(r.body[47] << 8 | r.body[48], SUITE_AES_128_CCM_8);
    cr_expect_eq(r.length, 12 + 2 + 32 + 1 + 2 + 1, "no extensions for one who sent none");
    world_close(w);
}

/* Others come all the time, which is when secrets are replaced. */
static void pass(struct world *w, uint64_t seconds)
{
    struct net_address other = stranger(99);
    uint8_t hello[HELLO_ROOM];

    for (; seconds > 0; seconds--) {
        world_run_for(w, CLOCK_SECOND);
        world_inject(w, &other, hello, write_hello(hello, 9, NULL, 0));
        w->in_flight = 0;
    }
}

Test(dtls_budget, cookie_is_good_for_its_secrets_life_and_one_more)
{
    static const struct {
        uint64_t wait; /* seconds */
        bool good;
    } cases[] = {{0, true}, {59, true}, {121, false}, {400, false}};
    struct world *w = world_open(NULL);

    for (uint32_t i = 0; i < 4; i++) {
        struct net_address from = stranger(i);
        struct world_datagram answer;
        uint8_t hello[HELLO_ROOM];
        uint64_t started = w->dtls.counters[DTLS_HANDSHAKES_STARTED];

        world_inject(w, &from, hello, write_hello(hello, 1, NULL, 0));
        answer = w->last_to_client;
        pass(w, cases[i].wait);
        world_inject(
            w, &from, hello,
            write_hello(hello, 1, answer.bytes + COOKIE_OFFSET, answer.bytes[COOKIE_OFFSET - 1]));
        cr_expect_eq(w->dtls.counters[DTLS_HANDSHAKES_STARTED] - started, cases[i].good,
                     "after %lu s", cases[i].wait);
    }
    world_close(w);
}

Test(dtls_budget, cookie_is_one_addresss)
{
    struct world *w = world_open(NULL);
    struct net_address from = stranger(1), other = stranger(1);
    uint8_t hello[HELLO_ROOM];
    size_t length;

    other.port++;
    cr_assert(come_back(w, &from, 0));
    world_inject(w, &from, hello, write_hello(hello, 2, NULL, 0));
    length = write_hello(hello, 2, w->last_to_client.bytes + COOKIE_OFFSET,
                         w->last_to_client.bytes[COOKIE_OFFSET - 1]);
    world_inject(w, &other, hello, length);
    cr_expect_eq(w->dtls.counters[DTLS_HANDSHAKES_STARTED], 1);
    world_close(w);
}

Test(dtls_budget, handshakes_are_bounded_and_the_oldest_goes_first)
{
    struct world *w = world_open(NULL);
    struct net_address from;

    for (uint32_t i = 0; i < 200; i++) {
        from = stranger(i);
        cr_assert(come_back(w, &from, CLOCK_MILLISECOND));
        cr_assert_leq(w->dtls.table.handshake_count, 64);
    }
    cr_expect_eq(w->dtls.counters[DTLS_HANDSHAKES_EVICTED], 200 - 64);
    cr_expect_null(table_find(&w->dtls.table, &(struct net_address){0}, false));
    from = stranger(0);
    cr_expect_null(table_find(&w->dtls.table, &from, false));
    from = stranger(199);
    cr_expect_not_null(table_find(&w->dtls.table, &from, false));
    world_run_for(w, 91 * CLOCK_SECOND);
    cr_expect_eq(w->dtls.table.slots.used, 0);
    cr_expect_eq(w->dtls.counters[DTLS_HANDSHAKES_TIMED_OUT], 64);
    cr_expect_eq(w->dtls.handshake_slab.used, 0);
    world_close(w);
}

Test(dtls_budget, one_source_has_its_share_of_handshakes)
{
    struct world *w = world_open(NULL);
    struct net_address other = stranger(1), from = stranger(2);

    cr_assert(come_back(w, &other, 0));
    for (uint16_t port = 1; port < 100; port++) {
        from.port = port;
        cr_assert(come_back(w, &from, 0));
    }
    cr_expect_eq(w->dtls.table.handshake_count, 1 + 8);
    cr_expect_not_null(table_find(&w->dtls.table, &other, false));
    world_close(w);
}

Test(dtls_budget, silent_handshake_is_sent_again_and_given_up)
{
    struct dtls_settings settings = world_settings();
    struct world *w;
    struct net_address from = stranger(1);

    settings.retransmit_timeout = 9 * CLOCK_SECOND;
    w = world_open(&settings);
    cr_assert(come_back(w, &from, 0));
    world_run_for(w, 8900 * CLOCK_MILLISECOND);
    cr_expect_eq(w->dtls.counters[DTLS_RETRANSMISSIONS], 0);
    world_run_for(w, 200 * CLOCK_MILLISECOND);
    cr_expect_eq(w->dtls.counters[DTLS_RETRANSMISSIONS], 1);
    world_run_for(w, 100 * CLOCK_SECOND); /* after 9 + 18 + 36 = 63 s, and 90 s are the limit */
    cr_expect_eq(w->dtls.counters[DTLS_RETRANSMISSIONS], 3);
    cr_expect_eq(w->dtls.table.slots.used, 0);
    cr_expect_eq(dtls_deadline(&w->dtls), CLOCK_NEVER);
    world_close(w);
}

Test(dtls_budget, oldest_idle_association_goes_first)
{
    struct dtls_settings settings = world_settings();
    struct world *w;

    settings.associations = 20;
    w = world_open(&settings);
    for (uint32_t i = 0; i < 20; i++) {
        world_connect(w, i, NULL);
        world_run_for(w, CLOCK_SECOND);
    }
    cr_assert_eq(w->dtls.table.living_count, 20);
    world_message(&w->clients[0]);
    world_run_for(w, CLOCK_SECOND);
    world_connect(w, 30, NULL);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(world_is_served(&w->clients[30]));
    cr_expect_eq(w->dtls.table.living_count, 20);
    cr_expect_eq(w->dtls.counters[DTLS_ENDED_EVICTED], 1);
    cr_expect_not_null(table_find(&w->dtls.table, &w->clients[0].address, true));
    cr_expect_null(table_find(&w->dtls.table, &w->clients[1].address, true));
    world_close(w);
}

Test(dtls_budget, idle_association_ends)
{
    struct world *w = world_open(NULL);

    world_connect(w, 1, NULL);
    world_run_for(w, 3599 * CLOCK_SECOND);
    cr_expect_eq(w->dtls.table.living_count, 1);
    world_run_for(w, 3 * CLOCK_SECOND);
    cr_expect_eq(w->dtls.table.living_count, 0);
    cr_expect_eq(w->ended, 1);
    cr_expect_eq(w->dtls.counters[DTLS_ENDED_IDLE], 1);
    world_close(w);
}

/* Fewer associations than handshakes are configured: the oldest handshake goes first here, too. */
Test(dtls_budget, handshakes_do_not_keep_all_slots)
{
    struct dtls_settings settings = world_settings();
    struct world *w;

    settings.associations = 20;
    w = world_open(&settings);
    for (uint32_t i = 0; i < 200; i++) {
        struct net_address from = stranger(i);

        cr_assert(come_back(w, &from, CLOCK_MILLISECOND));
    }
    cr_expect_eq(w->dtls.counters[DTLS_HANDSHAKES_EVICTED], 200 - 20);
    world_connect(w, 1, NULL);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(world_is_served(&w->clients[1]));
    world_close(w);
}
