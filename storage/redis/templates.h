/*
 * The questions about templates of payloads. Which one is active takes a step of its own before its
 * text. The session's thread.
 */
#ifndef SIMGATE_STORAGE_REDIS_TEMPLATES_H
#define SIMGATE_STORAGE_REDIS_TEMPLATES_H

#include "storage/redis/changes.h"
#include "storage/store.h"

/* Implements store_ops. */
void redis_template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                         void *context);

/* One of them changed, or another one is active: what is being asked for may be old. */
void templates_note_change(struct changes *c);

#endif
