/*
 * Datagrams from a client's address and from elsewhere, at any moment of its handshake and after
 * it. The first byte chooses the client, how keys are looked up, and sleep, the second how far the
 * handshake is (units of 10 ms). Then each step is a byte (0: time passes; otherwise where from), a
 * length and as many bytes. Nobody has the keys: so an association that was there before has to be
 * there afterwards and serve its client.
 */
#include "base/clock.h"
#include "base/cursor.h"
#include "tests/fuzz/fuzz.h"
#include "tests/protocol/dtls/world.h"

#define ESTABLISHED (1 * CLOCK_SECOND) /* enough for a handshake */
#define ASLEEP      (500 * CLOCK_MILLISECOND)

static void step(struct world *w, struct cursor *c)
{
    struct net_address from = w->clients[1].address;
    uint8_t what = cursor_u8(c);
    size_t length = cursor_u8(c);
    const uint8_t *bytes;

    if (what == 0) {
        world_run_for(w, length * CLOCK_MILLISECOND);
        return;
    }
    if (length > cursor_left(c))
        length = cursor_left(c);
    if (what & 1)
        from.port++;
    bytes = cursor_bytes(c, length);
    if (bytes)
        world_inject(w, &from, bytes, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct cursor c = cursor_over(bytes, length);
    uint8_t flags = cursor_u8(&c);
    struct world_client_settings client = {.cid = flags & 1, .ungrouped = flags & 2};
    struct dtls_settings settings = world_settings();
    struct world_client *connected;
    struct world *w;
    bool living;

    if (flags & 4)
        client.suites = "PSK-AES128-CBC-SHA256";
    settings.lookup_by_identity = flags & 8;
    if (flags & 32)
        settings.sleep_after = ASLEEP;
    w = world_open(&settings);
    connected = world_connect(w, 1, &client);
    world_run_for(w, flags & 16 ? ESTABLISHED : cursor_u8(&c) * 10 * CLOCK_MILLISECOND);
    living = world_is_served(connected);
    w->deaf = true; /* what a client makes of answers to others' requests is its own */
    while (cursor_left(&c) > 0)
        step(w, &c);
    w->deaf = false;
    if (living) {
        w->in_flight = 0;
        world_message(connected);
        world_run_for(w, 5 * CLOCK_SECOND);
        CHECK(world_is_served(connected));
    }
    world_close(w);
    return 0;
}
