/* Forged datagrams from a client's address, between any two of its own: none harms its handshake,
 * or the association that it has. */
#include "base/clock.h"
#include "tests/protocol/dtls/forgery.h"

#include <criterion/criterion.h>
#include <string.h>

/* The server's answer to it, if any, does not reach the client: what it makes of a
 * HelloVerifyRequest that it did not ask for is its own. */
static void inject(struct world *w, const struct forgery *f, unsigned times)
{
    uint8_t bytes[DATAGRAM_MAX];
    struct writer writer = writer_over(bytes, sizeof(bytes));
    uint64_t in = w->bytes_in, out = w->bytes_out;
    bool alien = strstr(f->name, "other_") != NULL;

    f->write(&writer, w);
    cr_assert_not(writer.failed);
    while (times-- > 0) {
        uint32_t in_flight = w->in_flight;

        world_inject(w, &w->clients[1].address, bytes, writer_length(&writer));
        if (alien)
            w->in_flight = in_flight;
    }
    if (alien)
        cr_expect_leq(w->bytes_out - out, w->bytes_in - in);
}

/* Where the handshake is when it comes: so many milliseconds after its beginning. */
static void attack_handshake(const struct forgery *f, const struct world_client_settings *settings,
                             uint64_t at, bool by_identity)
{
    struct dtls_settings server = world_settings();
    struct world *w;
    struct world_client *c;

    server.lookup_by_identity = by_identity;
    w = world_open(&server);
    /* a device's own identity is another's to claim, and takes its handshake with it (handshake.h)
     */
    w->keys[7].count = by_identity ? 0 : 1;
    c = world_connect(w, 1, settings);
    world_run_for(w, at * CLOCK_MILLISECOND);
    inject(w, f, 1);
    world_run_for(w, 20 * CLOCK_SECOND);
    cr_expect(world_is_served(c), "%s after %lu ms%s", f->name, at,
              by_identity ? ", by identity" : "");
    cr_expect_eq(w->dtls.table.living_count, 1, "%s after %lu ms", f->name, at);
    cr_expect_eq(w->dtls.table.handshake_count, 0, "%s after %lu ms", f->name, at);
    world_close(w);
}

Test(dtls_forged, between_any_two_datagrams_of_a_handshake)
{
    static const struct world_client_settings profiles[] = {
        {0}, {.ungrouped = true, .cid = true}, {.suites = "PSK-AES128-CBC-SHA256"}};

    for (unsigned p = 0; p < 3; p++) {
        for (unsigned i = 0; i < FORGERIES; i++) {
            for (uint64_t at = 10; at < 180; at += 20) {
                attack_handshake(&forgeries[i], &profiles[p], at, false);
                attack_handshake(&forgeries[i], &profiles[p], at, true);
            }
        }
    }
}

/* In the middle of the client's second flight, whose datagrams come one by one. */
Test(dtls_forged, within_a_flight)
{
    struct world_client_settings settings = {.ungrouped = true};

    for (unsigned i = 0; i < FORGERIES; i++) {
        for (uint32_t late = 3; late < 8; late++) {
            struct world *w = world_open(NULL);
            struct world_client *c;

            w->fate.delay = late;
            w->fate.delay_by = 100 * CLOCK_MILLISECOND;
            c = world_connect(w, 1, &settings);
            world_run_for(w, 150 * CLOCK_MILLISECOND);
            inject(w, &forgeries[i], 1);
            world_run_for(w, 20 * CLOCK_SECOND);
            cr_expect(world_is_served(c), "%s, %u late", forgeries[i].name, late);
            world_close(w);
        }
    }
}

static void attack_living(const struct forgery *f, const struct world_client_settings *settings)
{
    struct world *w = world_open(NULL);
    struct world_client *c = world_connect(w, 1, settings);
    uint64_t id;

    world_run_for(w, 5 * CLOCK_SECOND);
    id = w->last_id;
    for (unsigned n = 0; n < 3; n++) {
        inject(w, f, 100);
        world_message(c);
        world_run_for(w, CLOCK_SECOND);
        cr_expect(world_is_served(c), "%s", f->name);
    }
    cr_expect_eq(w->last_id, id, "%s", f->name);
    cr_expect_eq(w->messages, 4, "%s", f->name);
    cr_expect_eq(w->ended, 0, "%s", f->name);
    world_close(w);
}

Test(dtls_forged, towards_a_living_association)
{
    static const struct world_client_settings profiles[] = {
        {0},
        {.cid = true},
        {.suites = "PSK-AES128-CCM"},
        {.suites = "PSK-AES128-GCM-SHA256"},
        {.suites = "PSK-AES128-CBC-SHA256"},
        {.suites = "PSK-AES128-CBC-SHA256", .no_encrypt_then_mac = true}};

    for (unsigned p = 0; p < 6; p++)
        for (unsigned i = 0; i < FORGERIES; i++)
            attack_living(&forgeries[i], &profiles[p]);
}

/* The client's last flight has not been acknowledged by a record of its own: its repetition is let
 * in, and so is what looks like it. */
Test(dtls_forged, before_the_first_record)
{
    struct world_client_settings settings = {.ungrouped = true};

    for (unsigned i = 0; i < FORGERIES; i++) {
        struct world *w = world_open(NULL);
        struct world_client *c;

        w->fate.lose[0] = 8; /* our Finished */
        w->fate.lose[1] = 7;
        c = world_connect(w, 1, &settings);
        world_run_for(w, 500 * CLOCK_MILLISECOND);
        inject(w, &forgeries[i], 1);
        world_run_for(w, 20 * CLOCK_SECOND);
        cr_expect(world_is_served(c), "%s", forgeries[i].name);
        world_close(w);
    }
}

/* From an address that has nothing here: nothing is kept, and nothing but a HelloVerifyRequest
 * sent. */
Test(dtls_forged, from_nowhere)
{
    struct world *w = world_open(NULL);
    struct world_client *c = world_connect(w, 1, NULL);

    world_abandon(c);
    w->in_flight = 0;
    for (unsigned i = 0; i < FORGERIES; i++) {
        uint32_t sent = w->sent;

        inject(w, &forgeries[i], 1);
        if (!strstr(forgeries[i].name, "other_") && !forgeries[i].replay)
            cr_expect_eq(w->sent, sent, "%s", forgeries[i].name);
        cr_expect_eq(w->dtls.table.slots.used, 0);
    }
    cr_expect_leq(w->bytes_out, w->bytes_in);
    world_close(w);
}

/* Several at any moments of a handshake, and right after it. */
static void attack_at_random(uint64_t seed)
{
    struct random_source random;
    struct world_client_settings settings = {0};
    struct dtls_settings server = world_settings();
    struct world *w;
    struct world_client *c;

    random_source_seed(&random, seed);
    settings.ungrouped = random_below(&random, 2);
    settings.cid = random_below(&random, 2);
    if (random_below(&random, 3) == 0)
        settings.suites = "PSK-AES128-CBC-SHA256";
    server.lookup_by_identity = random_below(&random, 2);
    w = world_open(&server);
    w->lookup_delay = random_below(&random, 3) * 50 * CLOCK_MILLISECOND;
    w->fate.delay = random_below(&random, 10);
    w->fate.delay_by = random_below(&random, 200) * CLOCK_MILLISECOND;
    c = world_connect(w, 1, &settings);
    for (int i = 0; i < 8; i++) {
        uint8_t bytes[DATAGRAM_MAX];
        struct writer writer = writer_over(bytes, sizeof(bytes));

        world_run_for(w, random_below(&random, 50) * CLOCK_MILLISECOND);
        forgery_draw(&writer, &random);
        world_inject(w, &c->address, bytes, writer_length(&writer));
    }
    world_run_for(w, 100 * CLOCK_SECOND);
    cr_expect(world_is_served(c), "seed %lu", seed);
    cr_expect_eq(w->established, 1, "seed %lu", seed);
    world_close(w);
}

Test(dtls_forged, at_random)
{
    for (uint64_t seed = 0; seed < 2000; seed++)
        attack_at_random(seed);
}
