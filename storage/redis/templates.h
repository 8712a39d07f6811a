/*
 * The questions about templates of payloads. The session's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_TEMPLATES_H
#define SIMGATE_STORAGE_REDIS_TEMPLATES_H

#include "storage/store.h"

/* Implements store_ops. */
void redis_template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                         void *context);

#endif
