/*
 * Associations that sleep: one that was not used for a while gives its session back and keeps less
 * than 200 bytes of it, from which the next record or message makes another. One thread.
 */
#ifndef SIMGATE_WORKERS_DTLS_SLEEP_H
#define SIMGATE_WORKERS_DTLS_SLEEP_H

#include "workers/dtls/dtls.h"

/* A living association was not used for a while. */
void association_rest(struct dtls *d, struct association *a);

/* Makes its session, where it has none. What is kept stays until association_wake(), since a record
 * that does not decrypt changes nothing. False: no memory. */
bool association_make_session(struct dtls *d, struct association *a);

static inline bool association_thaw(struct dtls *d, struct association *a)
{
    return a->session || association_make_session(d, a);
}

/* After association_thaw(): the session is as it was, and goes. */
void association_sleep_on(struct association *a);

/* After association_thaw(): the session was used. */
void association_wake(struct dtls *d, struct association *a);

/* Forgets what is kept. */
void association_forget_frozen(struct dtls *d, struct association *a);

#endif
