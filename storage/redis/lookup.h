/*
 * The question for a device: its address leads to its ICCID, unless that is known, and the ICCID to
 * its record. The session's
 * thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_LOOKUP_H
#define SIMGATE_STORAGE_REDIS_LOOKUP_H

#include "storage/store.h"

/* Implement store_ops. */
void redis_device_by_address(struct store_session *session, const uint8_t ip[16],
                             store_device_fn *done, void *context);
void redis_device_by_iccid(struct store_session *session, const char *iccid, store_device_fn *done,
                           void *context);

#endif
