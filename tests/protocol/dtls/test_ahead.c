/* Looking at associations ahead of their datagrams: the right ones, whatever happens meanwhile. */
#include "base/clock.h"
#include "tests/protocol/dtls/world.h"
#include "workers/dtls/ahead.h"

#include <criterion/criterion.h>

static struct world_client *connect_one(struct world *w, bool cid)
{
    struct world_client_settings settings = {.cid = cid};
    struct world_client *c = world_connect(w, 1, &settings);

    world_run_for(w, 5 * CLOCK_SECOND);
    cr_assert(world_is_served(c));
    return c;
}

/* Steps up to but without `until`, for the client's last datagram. */
static void look(struct world *w, struct dtls_ahead *a, unsigned from, unsigned until)
{
    const struct world_datagram *g = &w->last_to_server;

    for (unsigned step = from; step < until; step++)
        dtls_look_ahead(&w->dtls, a, step, &g->path, g->bytes, g->length);
}

Test(dtls_ahead, finds_the_association_of_an_address)
{
    struct world *w = world_open(NULL);
    struct world_client *c = connect_one(w, false);
    struct dtls_ahead a;

    look(w, &a, 0, DTLS_AHEAD_STEPS);
    cr_expect_not_null(a.association);
    cr_expect_eq(a.association, table_find(&w->dtls.table, &c->address, true));
    world_close(w);
}

Test(dtls_ahead, finds_the_association_of_a_connection_id)
{
    struct world *w = world_open(NULL);
    struct world_client *c = connect_one(w, true);
    struct dtls_ahead a;

    w->last_to_server.path.peer.ip[15] = 99; /* as from another address */
    look(w, &a, 0, DTLS_AHEAD_STEPS);
    cr_expect_not_null(a.association);
    cr_expect_eq(a.association, table_find(&w->dtls.table, &c->address, true));
    w->last_to_server.length = 12;
    look(w, &a, 0, DTLS_AHEAD_STEPS);
    cr_expect_null(a.association, "there is no whole connection id");
    world_close(w);
}

Test(dtls_ahead, finds_nothing_of_strangers)
{
    struct world *w = world_open(NULL);
    struct dtls_ahead a;

    connect_one(w, false);
    w->last_to_server.path.peer.ip[15] = 99;
    look(w, &a, 0, DTLS_AHEAD_STEPS);
    cr_expect_null(a.association);
    w->last_to_server.length = 0;
    look(w, &a, 0, DTLS_AHEAD_STEPS);
    cr_expect_null(a.association);
    world_close(w);
}

/* What was there a step before may be gone: a datagram in between ends it. */
Test(dtls_ahead, survives_an_end_after_any_step)
{
    for (unsigned done = 0; done <= DTLS_AHEAD_STEPS; done++) {
        struct world *w = world_open(NULL);
        struct dtls_ahead a;

        connect_one(w, false);
        look(w, &a, 0, done);
        dtls_end(&w->dtls, w->now, w->last_id);
        look(w, &a, done, DTLS_AHEAD_STEPS);
        if (done > 0)
            cr_expect(!a.association || !a.association->session);
        world_close(w);
    }
}

/* Of a handshake's datagram, also when one of them ends between the steps. */
Test(dtls_ahead, looks_at_all_of_a_source)
{
    struct world *w = world_open(NULL);
    struct association *older, *newer;
    struct dtls_ahead a;

    connect_one(w, false);
    w->last_to_server.bytes[0] = RECORD_HANDSHAKE;
    older = table_find(&w->dtls.table, &w->last_to_server.path.peer, true);
    newer = table_add(&w->dtls.table, 1, &w->last_to_server.path);
    look(w, &a, 0, 2);
    cr_expect_eq(a.association, newer);
    look(w, &a, 2, 3);
    cr_expect_eq(a.association, older);
    look(w, &a, 3, DTLS_AHEAD_STEPS);
    cr_expect_null(a.association);
    look(w, &a, 0, 2);
    table_remove(&w->dtls.table, newer);
    look(w, &a, 2, DTLS_AHEAD_STEPS);
    cr_expect_null(a.association);
    world_close(w);
}

Test(dtls_ahead, looks_at_one_that_sleeps)
{
    struct dtls_settings settings = world_settings();
    struct dtls_ahead a;
    struct world *w;

    settings.sleep_after = 60 * CLOCK_SECOND;
    w = world_open(&settings);
    connect_one(w, false);
    world_run_for(w, 70 * CLOCK_SECOND);
    cr_assert_eq(w->dtls.frozen_count, 1);
    look(w, &a, 0, DTLS_AHEAD_STEPS);
    cr_assert_not_null(a.association);
    cr_expect_not_null(a.association->frozen);
    cr_expect_null(a.association->session, "it sleeps on");
    world_close(w);
}

/* Something happens to a client: a message, a new handshake, or its end. */
static void disturb(struct world *w, uint32_t number)
{
    struct world_client_settings settings = {.cid = random_below(&w->random, 2)};
    struct world_client *c = &w->clients[number];
    uint32_t what = random_below(&w->random, 4);

    if (!c->connected || what == 0)
        world_connect(w, number, &settings);
    else if (what == 1)
        world_shutdown(c);
    else
        world_message(c);
}

/* Batches whose datagrams end, evict, wake and replace the associations of those behind them. */
Test(dtls_ahead, is_good_for_nothing_but_speed)
{
    struct dtls_settings settings = world_settings();
    struct world *w;

    settings.sleep_after = 3 * CLOCK_SECOND;
    settings.associations = WORLD_CLIENTS / 2;
    w = world_open(&settings);
    for (uint32_t round = 0; round < 100; round++) {
        for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
            if (random_below(&w->random, 2))
                disturb(w, i);
        world_run_for(w, random_below(&w->random, 5000) * CLOCK_MILLISECOND);
    }
    cr_expect_gt(w->dtls.counters[DTLS_ENDED_EVICTED], 100);
    cr_expect_gt(w->dtls.counters[DTLS_ENDED_REPLACED], 100);
    cr_expect_gt(w->dtls.counters[DTLS_ENDED_CLOSED], 100);
    cr_expect_gt(w->dtls.counters[DTLS_THAWED], 100);
    for (uint32_t i = 0; i < WORLD_CLIENTS / 2; i++) {
        world_connect(w, i, NULL);
        world_abandon(&w->clients[i + WORLD_CLIENTS / 2]);
    }
    world_run_for(w, 30 * CLOCK_SECOND);
    for (uint32_t i = 0; i < WORLD_CLIENTS / 2; i++)
        cr_expect(world_is_served(&w->clients[i]), "client %u", i);
    world_close(w);
}
