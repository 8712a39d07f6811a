/*
 * Whole conversations in virtual time: clients that follow RFC 7252, a network that loses,
 * duplicates, reorders and delays, and struct service between a fake store and a fake publisher.
 * Everything is drawn from one seed, so a run can be had again. One thread.
 *
 * Client n has the address 10.0.0.n and the port 1000 + n. Request n has the token "n" in four hex
 * digits and, where it is made by simulation_post(), the payload "request n", by which its
 * publications are found.
 */
#ifndef SIMGATE_TESTS_PROTOCOL_SIMULATION_H
#define SIMGATE_TESTS_PROTOCOL_SIMULATION_H

#include "tests/protocol/fake_store.h"
#include "tests/unit/coap/message_builder.h"
#include "tests/unit/resources/fake_publisher.h"
#include "workers/service.h"

#include <stdbool.h>

#define SIMULATION_REQUESTS 2048
#define SIMULATION_SENDS    5 /* a confirmable message's transmissions, RFC 7252 §4.8 */
#define SIMULATION_SENT     8192

struct network_settings {
    uint32_t loss;      /* of 1,000 datagrams */
    uint32_t duplicate; /* of 1,000 datagrams */
    uint64_t delay_min; /* nanoseconds */
    uint64_t delay_max; /* nanoseconds; differing delays reorder */
};

enum simulated_state {
    SIMULATED_SENDING,      /* or not begun yet */
    SIMULATED_ACKNOWLEDGED, /* an empty ACK came; the response may follow */
    SIMULATED_ANSWERED,
    SIMULATED_RESET,
    SIMULATED_GIVEN_UP, /* MAX_RETRANSMIT was reached */
};

struct simulated_request {
    uint32_t client;
    struct built_message message;
    uint16_t id;
    bool confirmable;
    enum simulated_state state;
    uint32_t sends;     /* transmissions so far */
    uint64_t begun;     /* nanoseconds, as all times */
    uint64_t next_send; /* or CLOCK_NEVER */
    uint64_t timeout;
    uint64_t acknowledged_at;
    uint64_t answered_at;
    uint8_t code;            /* of the response */
    enum coap_type type;     /* of the response */
    uint32_t contradictions; /* responses with another code than the first */
    struct coap_message response;
    uint8_t response_bytes[COAP_MESSAGE_MAX]; /* the response borrows them */
};

/* What the server sent, before the network had it. */
struct server_message {
    uint64_t at;
    uint32_t client;
    enum coap_type type;
    uint8_t code;
    uint16_t id;
};

struct simulated_datagram {
    uint64_t due;
    bool to_server;
    uint32_t client;
    uint16_t length;
    uint8_t bytes[COAP_MESSAGE_MAX];
};

struct simulation {
    uint64_t now;
    struct random_source random;
    struct network_settings network;
    bool clients_are_deaf; /* they get nothing any more */
    struct fake_store *store;
    struct publisher_lane *lane;
    struct service service;
    uint64_t publish_delay_max;        /* if set, delays are drawn up to it */
    uint32_t publish_failures;         /* of 1,000 publications */
    char proved[DEVICE_ICCID_MAX + 1]; /* clients' messages come over associations of this SIM */
    uint64_t proved_epoch;             /* and were made under this one */
    uint32_t request_count;
    struct simulated_request *requests;
    uint32_t in_flight; /* datagrams */
    uint32_t room_for;  /* datagrams */
    struct simulated_datagram *datagrams;
    struct datagram received[SERVICE_BATCH]; /* by the server, at this moment */
    uint32_t sent_count;
    struct server_message *sent;
    uint8_t room[COAP_MESSAGE_MAX];
};

/* Defaults of the gateway, with the payload published as it comes, and a perfect network. */
struct service_settings simulation_settings(void);

struct simulation *simulation_open(uint64_t seed, const struct service_settings *settings);

void simulation_close(struct simulation *s);

/* A request begins at `at`: a POST on the root, with No-Response unless that is 0. Its Message ID
 * is its number. */
struct simulated_request *simulation_post(struct simulation *s, uint64_t at, uint32_t client,
                                          enum coap_type type, uint8_t no_response);

/* A message of the test's own, whose token is to be simulation_token(). */
struct simulated_request *simulation_add(struct simulation *s, uint64_t at, uint32_t client,
                                         const struct built_message *message);

/* The next request's token. */
void simulation_token(const struct simulation *s, char token[5]);

/* How often a request of simulation_post() was published. */
uint32_t simulation_published(const struct simulation *s, const struct simulated_request *r);

/* Runs until `until`, or until nothing is left to happen. */
void simulation_run(struct simulation *s, uint64_t until);

/* Whether the service holds nothing any more and waits for nothing. */
bool simulation_is_quiet(const struct simulation *s);

#endif
