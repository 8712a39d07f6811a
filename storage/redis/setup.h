/*
 * How a session's pair of connections comes up: the name is resolved, the subscriber connects and
 * subscribes, then the other one connects and has Redis send it word of changes. The session's
 * thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_SETUP_H
#define SIMGATE_STORAGE_REDIS_SETUP_H

#include "storage/redis/session.h"

/* Begins; ends in redis_session_come_up() or redis_session_lose(). */
void setup_start(struct redis_session *s);

/* The subscriber is subscribed. */
void setup_go_on(struct redis_session *s);

/* The address of a name for an attempt: another one each time, so that none that is dead is tried
 * for ever. */
const struct addrinfo *setup_choose(const struct addrinfo *first, uint32_t attempt);

#endif
