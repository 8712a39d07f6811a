/* Connection ids, and clients whose address changes (RFC 9146). */
#include "base/clock.h"
#include "tests/protocol/dtls/world.h"

#include <criterion/criterion.h>
#include <errno.h>

static const struct world_client_settings with_cid = {.cid = true};

static struct association *association_of(struct world *w)
{
    return table_find_id(&w->dtls.table, w->last_id);
}

static struct world_client *connect_with_cid(struct world **w)
{
    struct world_client *c;

    *w = world_open(NULL);
    c = world_connect(*w, 1, &with_cid);
    world_run_for(*w, 5 * CLOCK_SECOND);
    cr_assert(world_is_served(c));
    cr_assert(association_of(*w)->filter.cid);
    return c;
}

Test(dtls_cid, names_node_worker_and_slot)
{
    struct world *w;

    connect_with_cid(&w);
    cr_expect_eq(w->last_to_server.bytes[0], RECORD_CID);
    cr_expect_arr_eq(w->last_to_server.bytes + 11, "\x12\x34\x05\x00\x00\x00\x00\x01", 8);
    world_close(w);
}

Test(dtls_cid, association_follows_its_client)
{
    struct world *w;
    struct world_client *c = connect_with_cid(&w);
    uint64_t id = w->last_id;
    struct net_address before = c->address;

    for (uint16_t port = 5000; port < 5005; port++) {
        c->address.port = port;
        world_message(c);
        world_run_for(w, CLOCK_SECOND);
        cr_expect(world_is_served(c));
        cr_expect_eq(w->last_id, id);
    }
    cr_expect_eq(w->dtls.counters[DTLS_MOVES], 5);
    cr_expect_null(table_find(&w->dtls.table, &before, true));
    cr_expect_not_null(table_find(&w->dtls.table, &c->address, true));
    world_close(w);
}

Test(dtls_cid, without_one_another_address_has_no_association)
{
    struct world *w = world_open(NULL);
    struct world_client *c = world_connect(w, 1, NULL);

    world_run_for(w, 5 * CLOCK_SECOND);
    c->address.port = 5000;
    world_message(c);
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_expect_not(world_is_served(c));
    cr_expect_gt(w->dtls.counters[DTLS_DROPPED_NO_ASSOCIATION], 0);
    world_close(w);
}

Test(dtls_cid, move_can_be_refused)
{
    struct world *w;
    struct world_client *c = connect_with_cid(&w);
    struct net_address before = c->address;

    w->refuse_moves = true;
    c->address.port = 5000;
    world_message(c);
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_expect_not(world_is_served(c));
    cr_expect_eq(w->messages, 1);
    cr_expect_gt(w->dtls.counters[DTLS_DROPPED_MOVED], 0);
    c->address = before;
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_expect(world_is_served(c));
    world_close(w);
}

/* An attacker sends a record on, from elsewhere, before or after the genuine one came. */
Test(dtls_cid, record_that_was_seen_moves_nothing)
{
    struct world *w;
    struct world_client *c = connect_with_cid(&w);
    struct net_address elsewhere = c->address;
    struct world_datagram record = w->last_to_server;

    elsewhere.port = 6666;
    world_inject(w, &elsewhere, record.bytes, record.length);
    cr_expect_eq(w->dtls.counters[DTLS_MOVES], 0);
    cr_expect_eq(w->messages, 1);

    world_message(c);
    world_run_for(w, 5 * CLOCK_MILLISECOND);
    record = w->last_to_server; /* on its way */
    world_message(c);
    world_run_for(w, CLOCK_SECOND); /* as is a newer one, which is first */
    cr_expect_eq(w->dtls.counters[DTLS_MOVES], 0);
    cr_expect(net_address_equal(&association_of(w)->path.peer, &c->address));
    world_close(w);
}

/* An older record that decrypts is a message, and does not say where its client is now. */
Test(dtls_cid, late_record_from_the_old_address_moves_nothing_back)
{
    struct world *w;
    struct world_client *c = connect_with_cid(&w);
    struct net_address before = c->address;
    struct world_datagram late;

    world_message(c);
    world_run_for(w, CLOCK_MILLISECOND);
    cr_assert_eq(w->in_flight, 1);
    late = w->datagrams[0];
    w->in_flight = 0;
    c->address.port = 5000;
    world_message(c);
    world_run_for(w, CLOCK_SECOND);
    cr_expect_eq(w->messages, 2);
    world_inject(w, &before, late.bytes, late.length);
    cr_expect_eq(w->messages, 3);
    cr_expect_eq(w->dtls.counters[DTLS_MOVES], 1);
    cr_expect(net_address_equal(&association_of(w)->path.peer, &c->address));
    world_close(w);
}

/* RFC 9146 §6: three times what came, until a second record. */
Test(dtls_cid, unproved_address_is_sent_little)
{
    static const uint8_t large[200];
    struct world *w;
    struct world_client *c = connect_with_cid(&w);
    uint64_t out;
    unsigned sent = 0;

    w->silent = true;
    c->address.port = 5000;
    world_message(c);
    world_run_for(w, 100 * CLOCK_MILLISECOND);
    cr_assert_eq(w->dtls.counters[DTLS_MOVES], 1);
    out = w->bytes_out;
    while (dtls_send(&w->dtls, w->now, w->last_id, large, 1) == 0)
        sent++;
    cr_expect_gt(sent, 0, "something may be sent");
    cr_expect_leq(w->bytes_out - out, 3 * (size_t)w->last_to_server.length);
    cr_expect_eq(dtls_send(&w->dtls, w->now, w->last_id, large, sizeof(large)), -EAGAIN);
    world_message(c);
    world_run_for(w, 100 * CLOCK_MILLISECOND);
    cr_expect_eq(dtls_send(&w->dtls, w->now, w->last_id, large, sizeof(large)), 0);
    world_close(w);
}

Test(dtls_cid, slots_old_ids_are_nobodys)
{
    struct world *w;
    struct world_client *c = connect_with_cid(&w);
    struct world_datagram record = w->last_to_server;

    world_shutdown(c);
    world_run_for(w, CLOCK_SECOND);
    cr_assert_eq(w->dtls.table.slots.used, 0);
    world_connect(w, 2, &with_cid);
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_assert_eq(slab_index(&w->dtls.table.slots, association_of(w)), 0);
    world_inject(w, &c->address, record.bytes, record.length);
    cr_expect_eq(w->dtls.counters[DTLS_DROPPED_NO_ASSOCIATION], 1);
    for (unsigned i = 11; i < 19; i++) {
        struct world_datagram other = record;

        other.bytes[i] ^= 0x80;
        world_inject(w, &c->address, other.bytes, other.length);
    }
    cr_expect_eq(w->messages, 2);
    world_close(w);
}

Test(dtls_cid, key_that_changes_ends_the_association)
{
    struct world *w;
    struct world_client *c = connect_with_cid(&w);
    uint64_t id = w->last_id;

    dtls_end(&w->dtls, w->now, id);
    cr_expect_eq(w->ended, 1);
    cr_expect_eq(dtls_send(&w->dtls, w->now, id, (const uint8_t *)"x", 1), -ENOENT);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(c->failed); /* close_notify */
    world_close(w);
}

/* The new association has no connection id, so that only its address tells that a record is its. */
Test(dtls_cid, new_association_replaces_all_of_its_address)
{
    struct world *w = world_open(NULL);
    struct world_client *a = world_connect(w, 1, &with_cid), *b = world_connect(w, 2, &with_cid);

    world_run_for(w, 5 * CLOCK_SECOND);
    cr_assert(world_is_served(a) && world_is_served(b));
    b->address = a->address;
    world_message(b);
    world_run_for(w, 100 * CLOCK_MILLISECOND);
    cr_expect_eq(w->dtls.counters[DTLS_MOVES], 1);
    world_abandon(b);
    a = world_connect(w, 1, NULL);
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_expect(world_is_served(a));
    cr_expect_eq(w->dtls.counters[DTLS_ENDED_REPLACED], 2);
    world_close(w);
}
