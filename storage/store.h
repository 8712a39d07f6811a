/*
 * The store: which device has which address, which exchanges were already answered, what keys,
 * locations and templates there are. This is the contract; memory.c implements it for one process
 * and redis/ for any number of them, and tests/unit/storage/store_conformance.c is what every
 * implementation has to pass.
 *
 * Threads: a store is opened and closed by the main thread. Each worker opens a session of its own
 * and calls it from its own thread only. Every question is asynchronous: the answer comes by
 * callback on the session's thread, exactly once; possibly before the call returns, but an answer
 * to another question never comes within a call, except store_session_flush(). Questions of one
 * kind are answered in the order in which they were asked, but for devices that are not found,
 * which may be told earlier, and for templates, which come in any order. What a callback is given
 * is borrowed until it returns.
 */
#ifndef SIMGATE_STORAGE_STORE_H
#define SIMGATE_STORAGE_STORE_H

#include "base/counter.h"
#include "storage/location.h"
#include "storage/psk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log;
struct uv_loop_s;

#define DEVICE_ICCID_MAX 22 /* digits; ITU-T E.118 has 19 or 20 */
#define DEVICE_IMSI_MAX  15 /* digits; ITU-T E.212 */

/* Numbers of templates. The store gives further ones to names, which keep them while it is open. */
#define STORE_TEMPLATE_ACTIVE 0 /* the one that is active for all devices that name none */
#define STORE_TEMPLATE_NONE   1 /* the device is to have none, whichever is active */

#define STORE_TEMPLATE_TEXT_MAX 65536 /* bytes */

/* What the path of a message needs to know of a device. */
struct device {
    char iccid[DEVICE_ICCID_MAX + 1];
    char imsi[DEVICE_IMSI_MAX + 1]; /* "" where it is not known */
    bool active;                    /* inactive devices are answered 4.01 */
    bool location_allowed;          /* may read its own location */
    uint16_t template;              /* the number of the template of its payloads */
    uint64_t psk_epoch;             /* another one where a user changed or reset its key; or 0 */
};

enum store_result {
    STORE_OK,
    STORE_ABSENT,      /* the store answered: there is no such thing */
    STORE_UNREACHABLE, /* no connection, or it broke before the answer: 5.02 */
    STORE_REFUSED,     /* the store answered with an error of its own: 5.02 */
    STORE_TIMED_OUT,   /* asked, and no answer in time: 5.04 */
    STORE_OVERLOADED,  /* too much in flight, and not asked: 5.03 */
    STORE_CLOSING,     /* the session is being closed: 5.02 */
};

enum store_state {
    STORE_STARTING, /* not every session has reached it yet */
    STORE_UP,       /* it would answer now */
    STORE_DOWN,     /* it would not, or not to everything */
};

/* An endpoint and a Message ID (RFC 7252 §4.5), in the form that all gateways agree on. */
struct store_exchange_key {
    uint8_t bytes[24];
    uint8_t length;
};

/* What an exchange was found to be when it was to be reserved. */
enum store_exchange_state {
    STORE_EXCHANGE_RESERVED,    /* it is ours now: do the work, then settle or release */
    STORE_EXCHANGE_IN_PROGRESS, /* somebody is at work on it */
    STORE_EXCHANGE_SETTLED,     /* it was answered: `code` and `request_hash` tell how and what */
};

struct store_exchange {
    enum store_exchange_state state;
    uint8_t code;          /* CoAP response code, where it is settled */
    uint32_t request_hash; /* of the request that it was reserved for, unless it is ours now */
};

/* A template as it is stored, which may be any bytes. */
struct store_template {
    const char *name;
    const char *text;
    size_t length; /* up to STORE_TEMPLATE_TEXT_MAX */
};

struct store;
struct store_session;

/* `device` is NULL unless the result is STORE_OK. */
typedef void store_device_fn(void *context, enum store_result result, const struct device *device);

/* `exchange` is NULL unless the result is STORE_OK. */
typedef void store_exchange_fn(void *context, enum store_result result,
                               const struct store_exchange *exchange);

/*
 * What a session tells the one that opened it, on the session's thread and never within a call of
 * the session's functions, but for doubtful() within store_session_flush(). All of them are given,
 * and must not close the session.
 */
struct store_observer {
    void *context;
    /* Around answers and notices that come from the loop, so that they are dealt with as a batch:
     * the end flushes the session, since an answer may have led to a further question of its own.
     */
    void (*begin)(void *context);
    void (*end)(void *context);
    /* What was answered about this address, as it was asked for, until now: forget it. */
    void (*address_changed)(void *context, const uint8_t ip[16]);
    /* What was answered about this device until now: forget it. */
    void (*device_changed)(void *context, const char *iccid);
    /* A template changed, or another one is the active one: ask again for each that is used. */
    void (*templates_changed)(void *context);
    /* Changes may have gone unnoticed: nothing that was answered until now is certain any more. */
    void (*doubtful)(void *context);
};

/* Counted for all sessions together. */
enum store_counter {
    STORE_CONNECTS,
    STORE_DISCONNECTS,
    STORE_SESSIONS_UP,
    STORE_COMMANDS,
    STORE_IN_FLIGHT,
    STORE_ERRORS_REFUSED, /* from here on by enum store_result */
    STORE_ERRORS_TIMED_OUT,
    STORE_ERRORS_OVERLOADED,
    STORE_ERRORS_UNREACHABLE,
    STORE_CHANGES,
    STORE_DOUBTS,
    STORE_OUTCOMES_LOST,
    STORE_COUNTERS
};

extern const struct counter_description store_counters[STORE_COUNTERS];

/* Texts are never NULL. */
struct store_settings {
    const char *url;        /* memory:FILE.csv, redis://HOST:PORT/DB, redis+unix:///PATH?db=N */
    const char *username;   /* "": none */
    const char *password;   /* "": none */
    const char *prefix;     /* of every key in a shared store */
    uint64_t timeout;       /* nanoseconds that an answer may take */
    uint32_t max_in_flight; /* questions of one session that are not answered yet */
};

/* `record` is NULL unless the result is STORE_OK. */
typedef void store_psk_fn(void *context, enum store_result result, const struct psk_record *record);

/* `location` is NULL unless the result is STORE_OK, and legal otherwise. */
typedef void store_location_fn(void *context, enum store_result result,
                               const struct location *location);

/* `template` is NULL unless the result is STORE_OK. */
typedef void store_template_fn(void *context, enum store_result result,
                               const struct store_template *template);

struct store_ops {
    /*
     * Whether reservations and outcomes are remembered for everybody who shares the store. False:
     * each worker's own exchange table is the only memory, every reservation is granted, and
     * settling and releasing do nothing. A worker may then leave these questions out.
     */
    bool shares_exchanges;
    void (*close)(struct store *store);
    enum store_state (*state)(const struct store *store);
    void (*count)(const struct store *store, uint64_t sums[STORE_COUNTERS]);
    int (*reload)(struct store *store, char **error);
    struct store_session *(*session_open)(struct store *store, struct uv_loop_s *loop,
                                          const struct store_observer *observer);
    void (*session_close)(struct store_session *session);
    void (*session_flush)(struct store_session *session);
    void (*device_by_address)(struct store_session *session, const uint8_t ip[16],
                              store_device_fn *done, void *context);
    void (*device_by_iccid)(struct store_session *session, const char *iccid, store_device_fn *done,
                            void *context);
    void (*exchange_reserve)(struct store_session *session, const struct store_exchange_key *key,
                             uint32_t request_hash, uint64_t life, store_exchange_fn *done,
                             void *context);
    void (*exchange_settle)(struct store_session *session, const struct store_exchange_key *key,
                            uint8_t code, uint32_t request_hash, uint64_t life);
    void (*exchange_release)(struct store_session *session, const struct store_exchange_key *key);
    void (*psk_bootstrap)(struct store_session *session, const char *iccid, store_psk_fn *done,
                          void *context);
    void (*psk_find)(struct store_session *session, const char *iccid, store_psk_fn *done,
                     void *context);
    void (*psk_prove)(struct store_session *session, const char *iccid, const struct psk *key);
    void (*location_find)(struct store_session *session, const char *iccid, store_location_fn *done,
                          void *context);
    void (*location_set)(struct store_session *session, const char *iccid,
                         const struct location *location);
    void (*template_find)(struct store_session *session, uint16_t number, store_template_fn *done,
                          void *context);
};

/* Every implementation's structs begin with these. */
struct store {
    const struct store_ops *ops;
};

struct store_session {
    const struct store_ops *ops;
};

/*
 * Opens the store that `settings->url` names. It need not be reachable: sessions connect, and
 * connect again, on their own. The settings are borrowed until store_close(). `*error` is a text
 * for the user, with file and line where there are any (one line a problem), that the caller frees,
 * when the result is not 0; NULL when there was no memory for it. Errors: -EINVAL (the URL or what
 * it names is wrong), -ENOMEM, -errno of the file.
 */
int store_open(struct store **store, const struct store_settings *settings, const struct log *log,
               char **error);

/* After all sessions are closed, and their loops have run once more. NULL is accepted. */
static inline void store_close(struct store *store)
{
    if (store)
        store->ops->close(store);
}

/* Any thread. */
static inline enum store_state store_state(const struct store *store)
{
    return store->ops->state(store);
}

/* Any thread. Adds what all sessions counted to `sums`. */
static inline void store_count(const struct store *store, uint64_t sums[STORE_COUNTERS])
{
    store->ops->count(store, sums);
}

/*
 * Has a store that is kept in files read them again, which may take a while; others see changes by
 * themselves. One thread at a time. Sessions go on meanwhile, and then tell their observers.
 * `*error` and the result are those of store_open(); with an error, what was in force stays.
 */
static inline int store_reload(struct store *store, char **error)
{
    return store->ops->reload(store, error);
}

/* Worker thread, or before that is started; on the loop that will deliver the answers. The observer
 * is copied. NULL when there is no memory. */
static inline struct store_session *store_session_open(struct store *store, struct uv_loop_s *loop,
                                                       const struct store_observer *observer)
{
    return store->ops->session_open(store, loop, observer);
}

/* Unanswered questions are answered STORE_CLOSING first, and what was settled is sent as far as
 * that goes without waiting. The session's handles are closed when the loop has run once more. NULL
 * is accepted. */
static inline void store_session_close(struct store_session *session)
{
    if (session)
        session->ops->session_close(session);
}

/*
 * Sends what was asked since the last flush: once at the end of a batch, and outside of any other
 * call. Where that finds the connection broken, questions are answered within it.
 */
static inline void store_session_flush(struct store_session *session)
{
    session->ops->session_flush(session);
}

/* Whether there is a point in reserving exchanges: see struct store_ops. */
static inline bool store_shares_exchanges(const struct store_session *session)
{
    return session->ops->shares_exchanges;
}

/* The device whose address this is. IPv4 is IPv4-mapped; IPv6 is already cut to the identity's
 * prefix length. */
static inline void store_device_by_address(struct store_session *session, const uint8_t ip[16],
                                           store_device_fn *done, void *context)
{
    session->ops->device_by_address(session, ip, done, context);
}

/* The device with this ICCID, which has 1 to DEVICE_ICCID_MAX digits. */
static inline void store_device_by_iccid(struct store_session *session, const char *iccid,
                                         store_device_fn *done, void *context)
{
    session->ops->device_by_iccid(session, iccid, done, context);
}

/* Reserves the exchange for `life` nanoseconds, unless somebody has it: one atomic step for all
 * gateways that share the store. Always granted where store_shares_exchanges() is false. */
static inline void store_exchange_reserve(struct store_session *session,
                                          const struct store_exchange_key *key,
                                          uint32_t request_hash, uint64_t life,
                                          store_exchange_fn *done, void *context)
{
    session->ops->exchange_reserve(session, key, request_hash, life, done, context);
}

/* Stores the outcome of an exchange that is ours, for `life` nanoseconds. Not answered. */
static inline void store_exchange_settle(struct store_session *session,
                                         const struct store_exchange_key *key, uint8_t code,
                                         uint32_t request_hash, uint64_t life)
{
    session->ops->exchange_settle(session, key, code, request_hash, life);
}

/* Gives up a reservation that came to nothing. Not answered. */
static inline void store_exchange_release(struct store_session *session,
                                          const struct store_exchange_key *key)
{
    session->ops->exchange_release(session, key);
}

/* A bootstrap call of a device: its keys afterwards, with a new one where it is time for that (see
 * psk.h). They are kept before the answer comes: one atomic step for all who share the store. */
static inline void store_psk_bootstrap(struct store_session *session, const char *iccid,
                                       store_psk_fn *done, void *context)
{
    session->ops->psk_bootstrap(session, iccid, done, context);
}

/* The keys of a device; STORE_ABSENT when it has none. */
static inline void store_psk_find(struct store_session *session, const char *iccid,
                                  store_psk_fn *done, void *context)
{
    session->ops->psk_find(session, iccid, done, context);
}

/* A handshake proved this key: if it is the newest, older ones are not good any more. Not answered.
 */
static inline void store_psk_prove(struct store_session *session, const char *iccid,
                                   const struct psk *key)
{
    session->ops->psk_prove(session, iccid, key);
}

/* Where a device is; STORE_ABSENT when that was never said. */
static inline void store_location_find(struct store_session *session, const char *iccid,
                                       store_location_fn *done, void *context)
{
    session->ops->location_find(session, iccid, done, context);
}

/* A device said where it is; the location is legal. Not answered: the next one comes soon. */
static inline void store_location_set(struct store_session *session, const char *iccid,
                                      const struct location *location)
{
    session->ops->location_set(session, iccid, location);
}

/* The template of a number that a device had, or the active one; STORE_ABSENT when there is no such
 * template, or none is active. STORE_TEMPLATE_NONE is not to be asked for. */
static inline void store_template_find(struct store_session *session, uint16_t number,
                                       store_template_fn *done, void *context)
{
    session->ops->template_find(session, number, done, context);
}

#endif
