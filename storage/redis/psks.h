/*
 * The questions about devices' keys. The rules of psk.h are scripts here, so that each call is one
 * step for all gateways, by Redis's clock. The session's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_PSKS_H
#define SIMGATE_STORAGE_REDIS_PSKS_H

#include "storage/store.h"

/* Implement store_ops. */
void redis_psk_bootstrap(struct store_session *session, const char *iccid, store_psk_fn *done,
                         void *context);
void redis_psk_find(struct store_session *session, const char *iccid, store_psk_fn *done,
                    void *context);
void redis_psk_prove(struct store_session *session, const char *iccid, const struct psk *key);

#endif
