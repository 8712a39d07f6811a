/*
 * Reads the devices' file (docs/memory-store.md): a header that names the columns, in any order,
 * then a row a line. One thread.
 */
#ifndef SIMGATE_STORAGE_DEVICE_CSV_H
#define SIMGATE_STORAGE_DEVICE_CSV_H

#include "storage/device_reading.h"

/*
 * Reads the whole file, in which a device has one address, gives every flawless row to `take`, and
 * adds what is wrong with the others to `problems`. Returns 0 when it came to the end (there may be
 * problems), -errno when the file cannot be read, or what `take` returned.
 */
int device_csv_read(const char *path, device_row_fn *take, void *context,
                    struct problems *problems);

/* As device_csv_read(), with all that can be said of it. */
int device_csv_read_as(const char *path, const struct device_reading *reading);

#endif
