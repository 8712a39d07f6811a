/*
 * A worker's session of the memory store. What is only read is answered at once, from the snapshot
 * that the session holds; a new key is written to the disk first (memory_writes.h). Session's
 * thread.
 */
#ifndef SIMGATE_STORAGE_MEMORY_SESSION_H
#define SIMGATE_STORAGE_MEMORY_SESSION_H

#include "base/list.h"
#include "base/log.h"
#include "storage/memory_snapshot.h"

#include <pthread.h>
#include <uv.h>

struct memory_store {
    struct store store;
    const struct log *log;
    char *path; /* of the devices' file */
    struct template_names names;
    struct memory_state state;
    struct memory_keys keys;
    struct memory_locations locations;
    _Atomic bool is_compacting;
    uint64_t reloads;     /* of who reloads */
    pthread_mutex_t lock; /* of the rest, and of each session's `next` */
    struct list sessions;
    struct memory_snapshot *snapshot; /* of the files as they were read last */
};

struct memory_session {
    struct store_session session;
    struct memory_store *store;
    struct list_node node;
    uv_loop_t *loop;
    uv_async_t reloaded;
    bool has_handle;
    struct store_observer observer;
    struct memory_snapshot *snapshot;
    struct memory_snapshot *next; /* that it is to take; NULL: none */
    _Atomic bool has_next;        /* said without the lock */
    struct memory_write *writes;  /* under way */
    struct log_limit complaints;
    bool closed;
};

/* Any thread: hands every session a snapshot, which it takes on its own thread. */
void memory_sessions_hand_out(struct memory_store *m, struct memory_snapshot *snapshot);

/* Frees a session that is closed, when nothing is under way for it any more. */
void memory_session_free(struct memory_session *s);

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
