/*
 * DTLS conversations in virtual time: wolfSSL's client side, a network that loses, delays and
 * duplicates what it is told to, and struct dtls, whose messages are echoed. One thread.
 *
 * Client n has the address 10.0.0.n, the port 1000 + n, the identity "n" and the key "key of n".
 */
#ifndef SIMGATE_TESTS_PROTOCOL_DTLS_WORLD_H
#define SIMGATE_TESTS_PROTOCOL_DTLS_WORLD_H

#include "workers/dtls/dtls.h"

#define WORLD_CLIENTS   40
#define WORLD_DATAGRAMS 4096
#define WORLD_BATCH     32 /* of these, to the server at the same instant */
#define WORLD_NONE      UINT32_MAX
#define WORLD_LOSSES    2

struct world_datagram {
    uint64_t due;
    bool to_server;
    struct datagram_path path; /* the peer is the client */
    uint16_t length;
    uint8_t bytes[DATAGRAM_MAX];
};

/* What the network does to the n-th datagram, counted from 0 in the order of sending. */
struct world_fate {
    uint32_t lose[WORLD_LOSSES]; /* these, or WORLD_NONE */
    uint32_t duplicate;
    uint32_t delay;
    uint64_t delay_by;
};

struct world_client_settings {
    const char *suites;    /* wolfSSL's names; NULL: all four */
    const char *identity;  /* NULL: its number */
    const char *key;       /* NULL: the right one */
    uint32_t message_size; /* bytes; 0: a few */
    bool no_extended_master_secret;
    bool no_encrypt_then_mac;
    bool cid;
    bool ungrouped; /* each record in a datagram of its own */
};

struct world_client {
    struct world *world;
    uint32_t number;
    struct net_address address;
    struct world_client_settings settings;
    void *tls; /* WOLFSSL */
    uint8_t key[256];
    uint32_t key_length;
    char identity[64];
    bool connected;
    bool failed;
    int error;           /* wolfSSL's, when it failed */
    uint64_t retransmit; /* or CLOCK_NEVER */
    uint64_t timeout;
    uint64_t next_message; /* or CLOCK_NEVER: what is not echoed is sent again */
    uint64_t connected_at;
    uint32_t echoes;
    uint32_t wanted;      /* echoes */
    const uint8_t *input; /* for wolfSSL */
    size_t input_length;
};

struct world_answer {
    uint64_t due;
    uint64_t id; /* of the association, or 0 */
    struct net_address peer;
    char identity[PSK_IDENTITY_ROOM];
    bool by_identity;
};

struct world {
    uint64_t now;
    struct dtls dtls;
    struct random_source random;
    struct world_fate fate;
    uint64_t delay;        /* of each datagram */
    uint64_t lookup_delay; /* 0: answered at once */
    bool store_is_gone;
    bool refuse_moves;
    bool silent;                         /* no echoes */
    bool deaf;                           /* what the server sends is lost */
    struct dtls_psk keys[WORLD_CLIENTS]; /* count 0: not known */
    struct world_client clients[WORLD_CLIENTS];
    struct world_datagram *datagrams;
    struct world_datagram batch[WORLD_BATCH]; /* is being received */
    uint32_t in_flight;
    uint32_t sent; /* so far, by both sides */
    struct world_answer answers[64];
    uint32_t lookups;
    uint32_t mismatches;
    uint32_t established;
    uint32_t ended;    /* associations */
    uint32_t given_up; /* handshakes */
    uint32_t messages;
    uint32_t last_key;                    /* index of the one last proved */
    uint64_t last_id;                     /* of the association that last established or spoke */
    uint64_t bytes_in, bytes_out;         /* of the server */
    void *context;                        /* WOLFSSL_CTX */
    struct world_datagram last_to_server; /* the newest that was sent */
    struct world_datagram last_to_client;
};

struct dtls_settings world_settings(void);

/* NULL: world_settings(). */
struct world *world_open(const struct dtls_settings *settings);

void world_close(struct world *w);

/* Bytes of the heap and of wolfSSL's own that are in use; 0 under a sanitizer. */
size_t world_memory(void);

/* A client begins a handshake now, afresh if it had one. NULL: all defaults. It sends a message
 * when connected, and again every 2 s until it is echoed. */
struct world_client *world_connect(struct world *w, uint32_t number,
                                   const struct world_client_settings *settings);

/* Another message to be echoed. */
void world_message(struct world_client *c);

/* What the client would retransmit is not sent any more. */
void world_abandon(struct world_client *c);

void world_shutdown(struct world_client *c);

/* Runs until `until`, or until nothing is left to happen but the server's own deadlines. */
void world_run(struct world *w, uint64_t until);

/* Runs for a while. */
void world_run_for(struct world *w, uint64_t duration);

/* A datagram that nobody sent reaches the server now. */
void world_inject(struct world *w, const struct net_address *from, const uint8_t *bytes,
                  size_t length);

/* Whether all is well: the client has had all the echoes that it wanted. */
bool world_is_served(const struct world_client *c);

#endif
