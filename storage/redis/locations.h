/*
 * The questions about where a device is. The session's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_LOCATIONS_H
#define SIMGATE_STORAGE_REDIS_LOCATIONS_H

#include "storage/store.h"

/* Implement store_ops. */
void redis_location_find(struct store_session *session, const char *iccid, store_location_fn *done,
                         void *context);
void redis_location_set(struct store_session *session, const char *iccid,
                        const struct location *location);

#endif
