/*
 * A UDP address that we listen on, and its sockets: one for each receive loop, in a SO_REUSEPORT
 * group. Main thread; the sockets are then read by their receive loop and written to by workers.
 */
#ifndef SIMGATE_GATEWAY_LISTENER_H
#define SIMGATE_GATEWAY_LISTENER_H

#include "base/net_address.h"
#include "gateway/shard.h"

#include <stdbool.h>
#include <stdint.h>

#define LISTENER_SOCKETS 64

struct listener {
    struct net_address address; /* with the port that was bound */
    bool wildcard;              /* bound to every address of its family */
    uint32_t socket_count;
    int sockets[LISTENER_SOCKETS];
};

struct listener_settings {
    uint32_t sockets;
    uint64_t receive_buffer;   /* bytes, of each socket */
    bool takeover;             /* share the port with another process that listens on it */
    const struct shard *shard; /* the kernel chooses the socket by it, where there are several */
};

/* Binds. Port 0 becomes a free one. Errors: -EADDRINUSE (and not `takeover`), -errno. */
int listener_open(struct listener *l, const struct net_address *address,
                  const struct listener_settings *settings);

/* Accepts a listener of zeros. */
void listener_close(struct listener *l);

#endif
