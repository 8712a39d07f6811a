/*
 * A session's second connection, on which Redis says which keys changed (CLIENT TRACKING in
 * broadcasting mode, redirected to a subscriber of __redis__:invalidate). The session's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_TRACKING_H
#define SIMGATE_STORAGE_REDIS_TRACKING_H

#include "storage/redis/session.h"

/* Subscribes, and again to see whether the connection still answers: a PING would do, but hiredis
 * 0.14 does not hand over its answer here. */
void tracking_subscribe(struct redis_session *s);

#endif
