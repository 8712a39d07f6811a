/* Handshakes on a good network: suites, keys, identities, look-ups. */
#include "base/clock.h"
#include "tests/protocol/dtls/world.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const suites[] = {"PSK-AES128-CCM-8", "PSK-AES128-CCM", "PSK-AES128-GCM-SHA256",
                                     "PSK-AES128-CBC-SHA256"};
static const uint16_t suite_numbers[] = {0xc0a8, 0xc0a4, 0x00a8, 0x00ae};

static uint64_t counter(const struct world *w, enum dtls_counter which)
{
    return w->dtls.counters[which];
}

static uint16_t suite_of(struct world *w)
{
    return session_suite(table_find_id(&w->dtls.table, w->last_id)->session);
}

static void expect_served(const struct world_client_settings *settings, uint16_t suite)
{
    struct world *w = world_open(NULL);
    struct world_client *c = world_connect(w, 1, settings);

    world_run_for(w, 10 * CLOCK_SECOND);
    cr_assert(world_is_served(c), "suite %04x: connected %d, error %d", suite, c->connected,
              c->error);
    cr_expect_eq(suite_of(w), suite);
    cr_expect_eq(w->established, 1);
    if (settings && settings->cid)
        cr_expect_eq(table_find_id(&w->dtls.table, w->last_id)->filter.cid, suite != 0x00ae);
    for (int i = 0; i < 5; i++) {
        world_message(c);
        world_run_for(w, CLOCK_SECOND);
        cr_expect(world_is_served(c));
    }
    cr_expect_eq(counter(w, DTLS_RECORDS_IN), 6);
    cr_expect_eq(counter(w, DTLS_DROPPED_FILTERED), 0);
    world_shutdown(c);
    world_run_for(w, CLOCK_SECOND);
    cr_expect_eq(counter(w, DTLS_ENDED_CLOSED), 1);
    cr_expect_eq(w->dtls.table.slots.used, 0);
    world_close(w);
}

Test(dtls_handshake, every_suite_with_and_without_everything)
{
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned flags = 0; flags < 16; flags++) {
            struct world_client_settings settings = {.suites = suites[i],
                                                     .no_extended_master_secret = flags & 1,
                                                     .no_encrypt_then_mac = flags & 2,
                                                     .cid = flags & 4,
                                                     .ungrouped = flags & 8};

            expect_served(&settings, suite_numbers[i]);
        }
    }
}

Test(dtls_handshake, server_chooses_the_suite)
{
    expect_served(NULL, 0xc0a8);
    expect_served(
        &(struct world_client_settings){
            .suites = "PSK-AES128-CBC-SHA256:PSK-AES128-GCM-SHA256:PSK-AES128-CCM"},
        0xc0a4);
    expect_served(
        &(struct world_client_settings){.suites = "PSK-AES128-CBC-SHA256:PSK-AES128-GCM-SHA256"},
        0x00a8);
}

Test(dtls_handshake, wrong_key_is_told_and_harms_nobody)
{
    for (unsigned i = 0; i < 4; i++) {
        struct world *w = world_open(NULL);
        struct world_client_settings settings = {.suites = suites[i], .key = "not the key"};
        struct world_client *c = world_connect(w, 1, &settings);

        world_run_for(w, 10 * CLOCK_SECOND);
        cr_expect(c->failed, "%s", suites[i]);
        cr_expect_eq(counter(w, DTLS_HANDSHAKES_BAD_FINISHED), 1);
        cr_expect_eq(counter(w, DTLS_HANDSHAKES_FAILED), 1);
        cr_expect_eq(w->established, 0);
        cr_expect_eq(w->dtls.table.slots.used, 0);
        c = world_connect(w, 1, NULL);
        world_run_for(w, 10 * CLOCK_SECOND);
        cr_expect(world_is_served(c));
        world_close(w);
    }
}

Test(dtls_handshake, unknown_source_is_told)
{
    struct world *w = world_open(NULL);
    struct world_client *c;

    w->keys[3].count = 0;
    c = world_connect(w, 3, NULL);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(c->failed);
    cr_expect_eq(counter(w, DTLS_IDENTITY_UNKNOWN), 1);
    cr_expect_eq(w->dtls.table.slots.used, 0);
    world_close(w);
}

/* The client learns at once that it is not its fault, and nothing is left of it. */
Test(dtls_handshake, a_store_that_is_gone_is_told)
{
    for (int i = 0; i < 4; i++) {
        struct dtls_settings settings = world_settings();
        struct world_client *c;
        struct world *w;

        settings.lookup_by_identity = i % 2;
        w = world_open(&settings);
        w->store_is_gone = true;
        w->lookup_delay = i / 2 * 700 * CLOCK_MILLISECOND;
        c = world_connect(w, 3, NULL);
        world_run_for(w, CLOCK_SECOND);
        cr_expect(c->failed);
        cr_expect_eq(counter(w, DTLS_HANDSHAKES_UNAVAILABLE), 1);
        cr_expect_eq(counter(w, DTLS_IDENTITY_UNKNOWN), 0);
        cr_expect_eq(w->dtls.table.slots.used, 0);
        w->store_is_gone = false;
        c = world_connect(w, 4, NULL);
        world_run_for(w, 2 * CLOCK_SECOND);
        cr_expect(c->connected);
        world_close(w);
    }
}

Test(dtls_handshake, identity_of_another_is_reported_and_told_in_the_end)
{
    struct world *w = world_open(NULL);
    struct world_client_settings settings = {.identity = "7", .key = "key of 7"};
    struct world_client *c = world_connect(w, 3, &settings);

    world_run_for(w, 500 * CLOCK_MILLISECOND);
    cr_expect_not(c->failed);
    cr_expect_eq(w->mismatches, 1);
    world_run_for(w, 20 * CLOCK_SECOND);
    cr_expect(c->failed);
    cr_expect_eq(w->mismatches, 1);
    cr_expect_eq(w->established, 0);
    cr_expect_eq(w->dtls.table.slots.used, 0);
    world_close(w);
}

Test(dtls_handshake, keys_by_identity)
{
    struct dtls_settings settings = world_settings();
    struct world_client_settings of_seven = {.identity = "7", .key = "key of 7"};
    struct world_client_settings unknown = {.identity = "1234", .key = "key of 7"};
    struct world *w;
    struct world_client *c;

    settings.lookup_by_identity = true;
    for (uint64_t delay = 0; delay < 1000; delay += 700) {
        w = world_open(&settings);
        w->lookup_delay = delay * CLOCK_MILLISECOND;
        c = world_connect(w, 3, &of_seven);
        world_run_for(w, 5 * CLOCK_SECOND);
        cr_expect(world_is_served(c));
        cr_expect_str_eq(table_find_id(&w->dtls.table, w->last_id)->identity, "7");
        cr_expect_eq(w->lookups, 1);
        c = world_connect(w, 4, &unknown);
        world_run_for(w, 20 * CLOCK_SECOND);
        cr_expect(c->failed);
        cr_expect_eq(w->dtls.table.slots.used, 1);
        world_close(w);
    }
}

Test(dtls_handshake, slow_lookup_holds_the_clients_flight)
{
    static const uint64_t delays[] = {1, 30, 100, 700, 5000, 20000};

    for (unsigned i = 0; i < 6; i++) {
        struct world *w = world_open(NULL);
        struct world_client *c;

        w->lookup_delay = delays[i] * CLOCK_MILLISECOND;
        c = world_connect(w, 1, &(struct world_client_settings){.ungrouped = i % 2});
        world_run_for(w, 60 * CLOCK_SECOND);
        cr_expect(world_is_served(c), "%lu ms", delays[i]);
        cr_expect_eq(w->lookups, 1);
        cr_expect_eq(w->dtls.held_slab.used, 0);
        cr_expect_eq(counter(w, DTLS_RETRANSMISSIONS), 0);
        cr_expect_leq(c->connected_at, (delays[i] + 1100) * CLOCK_MILLISECOND + CLOCK_SECOND);
        world_close(w);
    }
}

/* What waits for a look-up that never comes is bounded, and goes. */
Test(dtls_handshake, lookup_that_is_never_answered)
{
    struct world *w = world_open(NULL);
    struct world_client *c;

    w->lookup_delay = 10000 * CLOCK_SECOND;
    c = world_connect(w, 1, &(struct world_client_settings){.ungrouped = true});
    world_run_for(w, 80 * CLOCK_SECOND);
    cr_expect_leq(w->dtls.held_slab.used, 8);
    cr_expect_gt(w->dtls.held_slab.used, 0);
    world_abandon(c);
    world_run_for(w, 20 * CLOCK_SECOND);
    cr_expect_eq(counter(w, DTLS_HANDSHAKES_TIMED_OUT), 1);
    cr_expect_eq(w->dtls.held_slab.used, 0);
    cr_expect_eq(w->dtls.table.slots.used, 0);
    world_run_for(w, 20000 * CLOCK_SECOND); /* and the answer, for nobody */
    world_close(w);
}

/* A device that never got the newest key is served with the one that it proved. */
static void expect_the_older_key_serves(const struct world_client_settings *newest)
{
    struct world_client_settings older = *newest;
    struct world *w = world_open(NULL);
    struct world_client *c;

    older.key = "older key";

    w->keys[1].count = 2;
    w->keys[1].keys[1].length = 9;
    memcpy(w->keys[1].keys[1].bytes, "older key", 9);

    c = world_connect(w, 1, &older);
    world_run_for(w, 10 * CLOCK_SECOND);
    cr_expect(c->failed);
    c = world_connect(w, 1, &older);
    world_run_for(w, 10 * CLOCK_SECOND);
    cr_expect(world_is_served(c));
    cr_expect_eq(w->last_key, 1);

    c = world_connect(w, 1, newest); /* which is first, again */
    world_run_for(w, 10 * CLOCK_SECOND);
    cr_expect(world_is_served(c));
    cr_expect_eq(w->last_key, 0);
    world_close(w);
}

Test(dtls_handshake, other_key_has_its_turn_after_a_failed_finished)
{
    for (unsigned i = 0; i < 4; i++) {
        for (int without = 0; without < 2; without++) {
            struct world_client_settings settings = {.suites = suites[i],
                                                     .no_extended_master_secret = without};

            expect_the_older_key_serves(&settings);
        }
    }
}

Test(dtls_handshake, longest_keys)
{
    static const uint16_t lengths[] = {1, 16, 64, 65, 128, 255, 256};

    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct world *w = world_open(NULL);

        w->keys[1].keys[0].length = lengths[i];
        memset(w->keys[1].keys[0].bytes, 'x', lengths[i]);
        world_connect(w, 1, NULL);
        world_run_for(w, 5 * CLOCK_SECOND);
        cr_expect(world_is_served(&w->clients[1]), "%u bytes", lengths[i]);
        world_close(w);
    }
}

Test(dtls_handshake, large_messages)
{
    for (unsigned i = 0; i < 4; i++) {
        for (uint32_t size = 1000; size <= 1300; size += 50) {
            struct world_client_settings settings = {
                .suites = suites[i], .message_size = size, .cid = true};
            struct world *w = world_open(NULL);
            struct world_client *c = world_connect(w, 1, &settings);

            world_run_for(w, 5 * CLOCK_SECOND);
            cr_expect(world_is_served(c), "%u bytes, %s", size, suites[i]);
            cr_expect_gt(w->last_to_server.length, size);
            cr_expect_gt(w->last_to_client.length, size);
            world_close(w);
        }
    }
}

Test(dtls_handshake, association_is_replaced_by_a_complete_handshake_only)
{
    struct world *w = world_open(NULL);
    struct world_client *c = world_connect(w, 1, NULL);
    uint64_t first;

    world_run_for(w, 5 * CLOCK_SECOND);
    first = w->last_id;
    c = world_connect(w, 1, &(struct world_client_settings){.key = "wrong"});
    world_run_for(w, 20 * CLOCK_SECOND);
    cr_expect(c->failed);
    cr_expect_not_null(table_find_id(&w->dtls.table, first));
    cr_expect_eq(w->ended, 0);
    cr_expect_eq(w->given_up, 1); /* whoever answered its look-up has to know */

    c = world_connect(w, 1, NULL);
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_expect(world_is_served(c));
    cr_expect_null(table_find_id(&w->dtls.table, first));
    cr_expect_eq(counter(w, DTLS_ENDED_REPLACED), 1);
    cr_expect_eq(w->dtls.table.living_count, 1);
    world_close(w);
}

/* A client without a good source of random numbers starts again, and says the same. */
Test(dtls_handshake, hello_with_the_same_random_number_is_answered_later)
{
    struct world *w = world_open(NULL);
    struct world_client *c = world_connect(w, 1, NULL);
    struct world_datagram hello = w->last_to_server;
    uint64_t answers;

    world_run_for(w, 5 * CLOCK_SECOND);
    cr_assert(world_is_served(c));
    answers = w->dtls.counters[DTLS_HELLO_VERIFY_REQUESTS];
    world_inject(w, &c->address, hello.bytes, hello.length);
    cr_expect_eq(w->dtls.counters[DTLS_HELLO_VERIFY_REQUESTS], answers, "it was delayed");
    world_run_for(w, 100 * CLOCK_SECOND);
    world_inject(w, &c->address, hello.bytes, hello.length);
    cr_expect_eq(w->dtls.counters[DTLS_HELLO_VERIFY_REQUESTS], answers + 1);
    cr_expect_eq(w->dtls.table.living_count, 1);
    w->in_flight = 0;
    world_message(c);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(world_is_served(c), "the old one is good until a new one is complete");
    world_close(w);
}
