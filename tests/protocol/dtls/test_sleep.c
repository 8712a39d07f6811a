/* Associations that sleep, and go on as if nothing had been. */
#include "base/clock.h"
#include "tests/protocol/dtls/forgery.h"

#include <criterion/criterion.h>
#include <string.h>

#define CYCLES       20
#define SLEEP_AFTER  (60 * CLOCK_SECOND)
#define NONCE_OFFSET 13 /* the explicit nonce of an AEAD record without a connection id */
#define NONCE_LENGTH 8

static const char *const suites[] = {"PSK-AES128-CCM-8", "PSK-AES128-CCM", "PSK-AES128-GCM-SHA256",
                                     "PSK-AES128-CBC-SHA256"};

static struct world *open_world(void)
{
    struct dtls_settings settings = world_settings();

    settings.sleep_after = SLEEP_AFTER;
    return world_open(&settings);
}

static struct association *association_of(struct world *w)
{
    return table_find_id(&w->dtls.table, w->last_id);
}

/* A client whose association sleeps. */
static struct world_client *connect_and_sleep(struct world *w,
                                              const struct world_client_settings *settings)
{
    struct world_client *c = world_connect(w, 1, settings);

    world_run_for(w, 5 * CLOCK_SECOND);
    cr_assert(world_is_served(c));
    cr_assert_eq(w->dtls.frozen_count, 0);
    world_run_for(w, SLEEP_AFTER);
    cr_assert_eq(w->dtls.frozen_count, 1);
    cr_assert_null(association_of(w)->session);
    return c;
}

static uint64_t sequence_of(const struct world_datagram *g)
{
    struct cursor c = cursor_over(g->bytes, g->length);
    struct record r;

    cr_assert(record_next(&c, &r));
    return r.sequence;
}

/* Neither a record's number nor its nonce comes twice, however often the association has slept. */
static void sleep_often(const struct world_client_settings *settings)
{
    struct world *w = open_world();
    struct world_client *c = connect_and_sleep(w, settings);
    uint8_t nonces[2 * CYCLES][NONCE_LENGTH];
    uint64_t id = w->last_id, last = sequence_of(&w->last_to_client);

    for (unsigned i = 0; i < 2 * CYCLES; i++) {
        world_message(c);
        world_run_for(w, CLOCK_SECOND);
        cr_assert(world_is_served(c), "%s, cycle %u", settings->suites, i);
        cr_assert_eq(w->last_id, id);
        cr_assert_gt(sequence_of(&w->last_to_client), last);
        last = sequence_of(&w->last_to_client);
        memcpy(nonces[i], w->last_to_client.bytes + NONCE_OFFSET, NONCE_LENGTH);
        for (unsigned j = 0; j < i; j++)
            cr_assert_arr_neq(nonces[i], nonces[j], NONCE_LENGTH, "%s: %u and %u", settings->suites,
                              i, j);
        if (i % 2 == 0)
            continue;
        world_run_for(w, SLEEP_AFTER);
        cr_assert_eq(w->dtls.frozen_count, 1);
    }
    cr_expect_eq(w->dtls.counters[DTLS_THAWED], CYCLES);
    world_close(w);
}

Test(dtls_sleep, every_suite_goes_on)
{
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned flags = 0; flags < 8; flags++) {
            struct world_client_settings settings = {.suites = suites[i],
                                                     .no_extended_master_secret = flags & 1,
                                                     .no_encrypt_then_mac = flags & 2,
                                                     .cid = flags & 4};

            sleep_often(&settings);
        }
    }
}

/* The nonce of AES-CCM is not only new, but the record's number, as it is without sleep. */
Test(dtls_sleep, nonces_count_on)
{
    struct world *w = open_world();
    struct world_client *c = connect_and_sleep(w, NULL);
    uint8_t last = w->last_to_client.bytes[NONCE_OFFSET + 7];

    for (unsigned i = 0; i < 5; i++) {
        world_message(c);
        world_run_for(w, CLOCK_SECOND);
        cr_expect_eq(w->last_to_client.bytes[NONCE_OFFSET + 7], ++last);
        world_run_for(w, SLEEP_AFTER);
    }
    world_close(w);
}

Test(dtls_sleep, forged_datagrams_do_not_wake_it)
{
    for (unsigned cid = 0; cid < 2; cid++) {
        struct world *w = open_world();
        struct world_client *c = connect_and_sleep(w, &(struct world_client_settings){.cid = cid});

        for (unsigned i = 0; i < FORGERIES; i++) {
            uint8_t bytes[DATAGRAM_MAX];
            struct writer writer = writer_over(bytes, sizeof(bytes));

            forgeries[i].write(&writer, w);
            for (unsigned n = 0; n < 20; n++)
                world_inject(w, &c->address, bytes, writer_length(&writer));
            w->in_flight = 0;
            cr_expect_eq(w->dtls.frozen_count, 1, "%s", forgeries[i].name);
            cr_expect_null(association_of(w)->session);
        }
        cr_expect_eq(w->messages, 1, "the replay of a record is no message");
        world_message(c);
        world_run_for(w, CLOCK_SECOND);
        cr_expect(world_is_served(c));
        world_close(w);
    }
}

Test(dtls_sleep, moves_when_it_wakes)
{
    struct world *w = open_world();
    struct world_client *c = connect_and_sleep(w, &(struct world_client_settings){.cid = true});

    c->address.port = 5000;
    world_message(c);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(world_is_served(c));
    cr_expect_eq(w->dtls.counters[DTLS_MOVES], 1);
    world_run_for(w, SLEEP_AFTER);
    w->refuse_moves = true;
    c->address.port = 5001;
    world_message(c);
    world_run_for(w, 100 * CLOCK_MILLISECOND);
    cr_expect_eq(w->messages, 2);
    cr_expect_eq(w->dtls.frozen_count, 0, "what it had is used up");
    c->address.port = 5000;
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_expect(world_is_served(c));
    world_close(w);
}

Test(dtls_sleep, message_of_ours_wakes_it)
{
    struct world *w = open_world();
    struct world_client *c = connect_and_sleep(w, NULL);
    uint32_t echoes = c->echoes;

    cr_expect_eq(dtls_send(&w->dtls, w->now, w->last_id, (const uint8_t *)"late", 4), 0);
    world_run_for(w, CLOCK_SECOND);
    cr_expect_eq(c->echoes, echoes + 1);
    cr_expect_eq(w->dtls.frozen_count, 0);
    world_close(w);
}

Test(dtls_sleep, ends)
{
    struct world *w = open_world();
    struct world_client *c = connect_and_sleep(w, NULL);

    dtls_end(&w->dtls, w->now, w->last_id);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(c->failed, "close_notify");
    cr_expect_eq(w->dtls.frozen_count, 0);

    c = connect_and_sleep(w, NULL);
    c = world_connect(w, 1, NULL); /* anew */
    world_run_for(w, CLOCK_SECOND);
    cr_expect(world_is_served(c));
    cr_expect_eq(w->dtls.frozen_count, 0);
    cr_expect_eq(w->dtls.counters[DTLS_ENDED_REPLACED], 1);

    world_run_for(w, SLEEP_AFTER);
    world_shutdown(c);
    world_run_for(w, CLOCK_SECOND);
    cr_expect_eq(w->dtls.counters[DTLS_ENDED_CLOSED], 1);

    connect_and_sleep(w, NULL);
    world_run_for(w, 3700 * CLOCK_SECOND);
    cr_expect_eq(w->dtls.counters[DTLS_ENDED_IDLE], 1);
    cr_expect_eq(w->dtls.table.slots.used, 0);
    cr_expect_eq(dtls_deadline(&w->dtls), CLOCK_NEVER);
    cr_expect_eq(w->dtls.counters[DTLS_THAWED], 0, "none of them was used again");
    world_close(w);
}

/* Until a first record came, the client may want our last flight again. */
Test(dtls_sleep, not_before_the_first_record)
{
    struct world *w = open_world();
    struct world_client *c;

    w->fate.lose[0] = 5; /* our Finished */
    c = world_connect(w, 1, NULL);
    world_run_for(w, 200 * CLOCK_MILLISECOND);
    cr_assert_eq(w->dtls.table.living_count, 1);
    c->retransmit = w->now + 2 * SLEEP_AFTER;
    world_run_for(w, SLEEP_AFTER + 10 * CLOCK_SECOND);
    cr_expect_eq(w->dtls.frozen_count, 0);
    world_run_for(w, 2 * SLEEP_AFTER);
    cr_expect(world_is_served(c));
    world_close(w);
}

Test(dtls_sleep, gives_its_memory_back)
{
    struct world *w = open_world();
    size_t awake, asleep;

    for (uint32_t i = 1; i < 35; i++)
        world_connect(w, i, NULL);
    world_run_for(w, 5 * CLOCK_SECOND);
    awake = world_memory();
    world_run_for(w, SLEEP_AFTER);
    asleep = world_memory();
    cr_assert_eq(w->dtls.frozen_count, 34);
    if (awake > 0) /* not under a sanitizer */
        cr_expect_geq(awake - asleep, 34 * 1900);
    world_close(w);
}

/* Down to the longest datagram there is. */
Test(dtls_sleep, long_forged_records_do_not_wake_it)
{
    uint8_t bytes[DATAGRAM_MAX] = {RECORD_APPLICATION_DATA, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9};
    struct world *w = open_world();
    struct world_client *c = connect_and_sleep(w, NULL);

    for (size_t length = 1000; length <= sizeof(bytes); length++) {
        bytes[11] = (uint8_t)((length - 13) >> 8);
        bytes[12] = (uint8_t)(length - 13);
        world_inject(w, &c->address, bytes, length);
        cr_assert_eq(w->dtls.frozen_count, 1, "%zu bytes", length);
    }
    cr_expect_eq(w->dtls.counters[DTLS_DROPPED_UNDECRYPTED], sizeof(bytes) - 1000 + 1);
    world_message(c);
    world_run_for(w, CLOCK_SECOND);
    cr_expect(world_is_served(c));
    world_close(w);
}
