/*
 * A worker's session of the memory store. What is only read is answered at once; a new key is
 * written to the disk first, on a thread of libuv's pool. Session's thread.
 */
#ifndef SIMGATE_STORAGE_MEMORY_SESSION_H
#define SIMGATE_STORAGE_MEMORY_SESSION_H

#include "storage/memory_keys.h"
#include "storage/memory_table.h"

struct memory_store {
    struct store store;
    struct memory_table table; /* not changed once it is loaded: read without a lock */
    struct memory_keys keys;
    const struct log *log;
};

/* For struct store_ops. */
struct store_session *memory_session_open(struct store *store, struct uv_loop_s *loop,
                                          const struct store_observer *observer);
void memory_session_close(struct store_session *session);
void memory_session_flush(struct store_session *session);
void memory_device_by_address(struct store_session *session, const uint8_t ip[16],
                              store_device_fn *done, void *context);
void memory_device_by_iccid(struct store_session *session, const char *iccid, store_device_fn *done,
                            void *context);
void memory_exchange_reserve(struct store_session *session, const struct store_exchange_key *key,
                             uint32_t request_hash, uint64_t life, store_exchange_fn *done,
                             void *context);
void memory_exchange_settle(struct store_session *session, const struct store_exchange_key *key,
                            uint8_t code, uint32_t request_hash, uint64_t life);
void memory_exchange_release(struct store_session *session, const struct store_exchange_key *key);
void memory_psk_bootstrap(struct store_session *session, const char *iccid, store_psk_fn *done,
                          void *context);
void memory_psk_find(struct store_session *session, const char *iccid, store_psk_fn *done,
                     void *context);
void memory_psk_prove(struct store_session *session, const char *iccid, const struct psk *key);
void memory_location_find(struct store_session *session, const char *iccid, store_location_fn *done,
                          void *context);
void memory_location_set(struct store_session *session, const char *iccid,
                         const struct location *location);
void memory_template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                          void *context);

#endif
