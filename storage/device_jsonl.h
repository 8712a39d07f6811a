/*
 * Reads devices as JSON lines: an object a line, whose members are named as the columns of the
 * devices' file (docs/memory-store.md). `address` may be an array. One thread.
 */
#ifndef SIMGATE_STORAGE_DEVICE_JSONL_H
#define SIMGATE_STORAGE_DEVICE_JSONL_H

#include "storage/device_reading.h"

/* Returns 0 when it came to the end (there may be problems), -errno when the file cannot be read,
 * or what `take` returned. */
int device_jsonl_read(const char *path, const struct device_reading *reading);

#endif
