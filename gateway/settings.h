/*
 * The configuration, as each layer below wants it. Main thread.
 */
#ifndef SIMGATE_GATEWAY_SETTINGS_H
#define SIMGATE_GATEWAY_SETTINGS_H

#include "gateway/config.h"
#include "workers/worker.h"

/* gateway.workers, or one for each processor that this process may run on. */
uint32_t settings_worker_count(const struct config *config);

/* What every worker gets; budgets that are for all of them are divided. Sockets and receive loops
 * are left to the caller. */
struct worker_settings settings_for_workers(const struct config *config, uint32_t workers);

#endif
