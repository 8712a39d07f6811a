/*
 * A worker's service in a world of its own: virtual time, a store and a publisher that do as they
 * are told, and a network that checks whatever is sent. Budgets are so small that a few messages
 * use them up. One thread.
 */
#ifndef SIMGATE_TESTS_FUZZ_WORLD_H
#define SIMGATE_TESTS_FUZZ_WORLD_H

#include "tests/fuzz/fake_publisher.h"
#include "tests/fuzz/fake_store.h"
#include "workers/service.h"

#define WORLD_PEERS 8

/* What a peer has been part of. */
struct world_peer {
    struct datagram_path path;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint16_t last_confirmable; /* Message ID of the last CON that was sent to it */
};

struct world {
    struct service service;
    struct fake_store store;
    struct publisher_lane publisher;
    struct world_peer peers[WORLD_PEERS];
    struct datagram datagram; /* the last that was received */
    uint64_t now;
    struct log log;
    uint8_t room[COAP_MESSAGE_MAX];
};

/* `variant` chooses settings by its bits. */
void world_init(struct world *w, uint8_t variant);

/* Answers and finishes what is under way, lets all lifetimes pass, and checks that nothing of it is
 * left. */
void world_end(struct world *w);

/* A datagram arrives from a peer. */
void world_receive(struct world *w, uint32_t peer, const uint8_t *bytes, size_t length,
                   bool truncated);

/* Time passes, and what is due on the way is done when it is, or a little later. */
void world_advance(struct world *w, uint64_t duration);

/* A turn of the worker's loop. */
void world_begin(struct world *w);
void world_finish(struct world *w);

#endif
