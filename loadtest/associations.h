/*
 * The devices' keys and DTLS associations, by device. Zeros are a run without CoAPS. One thread.
 */
#ifndef SIMGATE_LOADTEST_ASSOCIATIONS_H
#define SIMGATE_LOADTEST_ASSOCIATIONS_H

#include "loadtest/keys.h"
#include "loadtest/options.h"

struct association {
    struct dtls_client *client;          /* NULL: none */
    struct dtls_client_key *key;         /* NULL: not known */
    struct dtls_client_session *session; /* to be offered; NULL: none */
    uint32_t maker; /* which of the device's exchanges is about to make it: a device's index */
    bool in_making;
    bool suspect; /* a request was not answered: it is dropped when no other is open by it */
    bool connected;
    bool offered; /* the last handshake began with `session` */
};

struct associations {
    struct dtls_client_context *context;
    struct association *list;
    uint32_t count;
    bool bootstraps; /* keys come from the gateway */
    bool resumes;    /* sessions are kept and offered */
};

/* `send` is called with `owner` during the calls of a client. Returns 0; or -errno and in `problem`
 * why. */
int associations_open(struct associations *a, const struct options *o, dtls_client_send send,
                      void *owner, char problem[160]);

void associations_close(struct associations *a);

/* Ends it without a word, as a device that loses its power. Its key and its session stay. */
void associations_drop(struct associations *a, uint32_t device);

/* A new one, whose handshake has not begun. False: no memory. */
bool associations_begin(struct associations *a, uint32_t device);

/* Its handshake is complete. */
void associations_connect(struct associations *a, uint32_t device);

/* Takes what the gateway answered to GET /bootstrap. False: that is no key. */
bool associations_learn(struct associations *a, uint32_t device, const uint8_t *payload,
                        size_t length);

#endif
