/*
 * What a session of the memory store writes: on threads of libuv's pool, so that the session's does
 * not wait for the disk. Session's thread.
 */
#ifndef SIMGATE_STORAGE_MEMORY_WRITES_H
#define SIMGATE_STORAGE_MEMORY_WRITES_H

#include "storage/memory_session.h"

/* Has a device's keys written, and `done` answered with the record when the disk has them; NULL:
 * nobody waits. False when that cannot be. */
bool memory_writes_keep_key(struct memory_session *s, const char *iccid,
                            const struct psk_record *record, store_psk_fn *done, void *context);

/* Has all locations written that are not. */
void memory_writes_keep_locations(struct memory_session *s);

/* The session is being closed: who waits is told so. */
void memory_writes_let_go(struct memory_session *s);

#endif
