/*
 * Reservations and outcomes of exchanges: each is one number in Redis, request_hash * 256 + code,
 * where code 0 is a reservation. The session's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_EXCHANGES_H
#define SIMGATE_STORAGE_REDIS_EXCHANGES_H

#include "storage/store.h"

/* Implement store_ops. */
void redis_exchange_reserve(struct store_session *session, const struct store_exchange_key *key,
                            uint32_t request_hash, uint64_t life, store_exchange_fn *done,
                            void *context);
void redis_exchange_settle(struct store_session *session, const struct store_exchange_key *key,
                           uint8_t code, uint32_t request_hash, uint64_t life);
void redis_exchange_release(struct store_session *session, const struct store_exchange_key *key);

#endif
