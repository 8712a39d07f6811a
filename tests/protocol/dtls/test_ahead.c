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
