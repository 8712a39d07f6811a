/*
 * The store for one process: devices from a CSV file, held in memory (docs/memory-store.md).
 * Nothing to install, and nothing shared with other gateways.
 */
#ifndef SIMGATE_STORAGE_MEMORY_H
#define SIMGATE_STORAGE_MEMORY_H

#include "storage/store.h"

/* As store_open(), for the file behind "memory:". */
int memory_store_open(struct store **store, const char *path, const struct log *log, char **error);

#endif
