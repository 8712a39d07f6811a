/* Handshakes and a first message on a bad network: every datagram, and every two, are lost; every
 * one comes late or twice. */
#include "base/clock.h"
#include "tests/protocol/dtls/world.h"

#include <criterion/criterion.h>

/* Beyond a good conversation's own datagrams come those that are sent again. */
#define FURTHER 8

static const struct world_client_settings profiles[] = {
    {0},
    {.ungrouped = true},
    {.ungrouped = true, .cid = true},
    {.suites = "PSK-AES128-CBC-SHA256", .ungrouped = true},
    {.suites = "PSK-AES128-GCM-SHA256", .no_extended_master_secret = true, .ungrouped = true},
};
#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static const struct world_fate good = {{WORLD_NONE, WORLD_NONE}, WORLD_NONE, WORLD_NONE, 0};

/* Returns how many datagrams were sent, when the client was served. */
static uint32_t converse(const struct world_client_settings *settings,
                         const struct world_fate *fate, uint64_t lookup_delay)
{
    struct world *w = world_open(NULL);
    struct world_client *c;
    uint32_t sent;

    w->fate = *fate;
    w->lookup_delay = lookup_delay;
    c = world_connect(w, 1, settings);
    world_run_for(w, 200 * CLOCK_SECOND);
    sent = w->sent;
    cr_assert(world_is_served(c), "lost %d and %d, twice %d, late %d: connected %d, failed %d",
              (int)fate->lose[0], (int)fate->lose[1], (int)fate->duplicate, (int)fate->delay,
              c->connected, c->failed);
    cr_assert_eq(w->dtls.table.living_count, 1);
    cr_assert_eq(w->dtls.table.handshake_count, 0, "lost %d and %d, twice %d, late %d",
                 (int)fate->lose[0], (int)fate->lose[1], (int)fate->duplicate, (int)fate->delay);
    world_message(c); /* and it goes on */
    world_run_for(w, 5 * CLOCK_SECOND);
    cr_assert(world_is_served(c));
    world_close(w);
    return sent;
}

Test(dtls_loss, every_one_and_every_two_are_lost)
{
    for (unsigned p = 0; p < PROFILES; p++) {
        uint32_t count = converse(&profiles[p], &good, 0) + FURTHER;

        cr_assert_geq(count, 8 + FURTHER);
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = i; j < count; j++) {
                struct world_fate fate = good;

                fate.lose[0] = i;
                fate.lose[1] = j;
                converse(&profiles[p], &fate, 0);
            }
        }
    }
}

Test(dtls_loss, every_one_comes_late_and_another_is_lost)
{
    static const uint64_t delays[] = {1, 25, 300, 2500};

    for (unsigned p = 0; p < PROFILES; p++) {
        uint32_t count = converse(&profiles[p], &good, 0);

        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j <= count; j++) {
                for (unsigned d = 0; d < 4; d++) {
                    struct world_fate fate = good;

                    fate.delay = i;
                    fate.delay_by = delays[d] * CLOCK_MILLISECOND;
                    fate.lose[0] = j < count ? j : WORLD_NONE;
                    converse(&profiles[p], &fate, 0);
                }
            }
        }
    }
}

Test(dtls_loss, every_one_comes_twice_and_another_is_lost)
{
    for (unsigned p = 0; p < PROFILES; p++) {
        uint32_t count = converse(&profiles[p], &good, 0);

        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j <= count; j++) {
                struct world_fate fate = good;

                fate.duplicate = i;
                fate.lose[0] = j < count ? j : WORLD_NONE;
                converse(&profiles[p], &fate, 0);
            }
        }
    }
}

Test(dtls_loss, every_one_is_lost_while_the_key_is_looked_up)
{
    static const uint64_t delays[] = {10, 700, 3000};

    for (unsigned p = 0; p < PROFILES; p++) {
        for (unsigned d = 0; d < 3; d++) {
            uint64_t delay = delays[d] * CLOCK_MILLISECOND;
            uint32_t count = converse(&profiles[p], &good, delay) + FURTHER;

            for (uint32_t i = 0; i < count; i++) {
                struct world_fate fate = good;

                fate.lose[0] = i;
                converse(&profiles[p], &fate, delay);
            }
        }
    }
}
