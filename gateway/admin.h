/*
 * The admin server: GET /metrics, /healthz and /readyz over HTTP, for operators and their tools and
 * not for devices. It runs on the main thread's loop and so never disturbs the workers.
 */
#ifndef SIMGATE_GATEWAY_ADMIN_H
#define SIMGATE_GATEWAY_ADMIN_H

#include "gateway/gateway.h"

#include <uv.h>

struct admin;

/* Listens on `address`; port 0 becomes a free one, which is logged. Returns 0 or -errno. */
int admin_open(struct admin **admin, uv_loop_t *loop, const struct net_address *address,
               const struct gateway *gateway, const struct log *log);

/* NULL is accepted. The loop has to run once more after it. */
void admin_close(struct admin *admin);

#endif
