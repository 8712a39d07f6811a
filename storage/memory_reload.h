/*
 * Reads the files of a memory store that is in use again. One thread at a time, which may block.
 */
#ifndef SIMGATE_STORAGE_MEMORY_RELOAD_H
#define SIMGATE_STORAGE_MEMORY_RELOAD_H

#include "storage/memory_session.h"

/* For struct store_ops. */
int memory_reload(struct store *store, char **error);

#endif
