/*
 * Datagrams that a client did not send, though they bear its address. Any thread.
 */
#ifndef SIMGATE_TESTS_PROTOCOL_DTLS_FORGERY_H
#define SIMGATE_TESTS_PROTOCOL_DTLS_FORGERY_H

#include "base/writer.h"
#include "tests/protocol/dtls/world.h"

struct forgery {
    const char *name; /* with "other_": another client's ClientHello, which is answered */
    void (*write)(struct writer *w, const struct world *world);
    bool replay; /* of a client's own datagram */
};

#define FORGERIES 39

extern const struct forgery forgeries[FORGERIES];

/* One to three records that look right, drawn at random: types, epochs, numbers. */
void forgery_draw(struct writer *w, struct random_source *random);

#endif
