/*
 * Reads the devices' file (docs/memory-store.md): a header that names the columns, in any order,
 * then a row a line. One thread.
 */
#ifndef SIMGATE_STORAGE_DEVICE_CSV_H
#define SIMGATE_STORAGE_DEVICE_CSV_H

#include "storage/device_row.h"
#include "storage/problems.h"

/* Takes a row, which is borrowed until it returns. A negative value ends the reading. */
typedef int device_row_fn(void *context, const struct device_row *row);

/*
 * Reads the whole file, gives every flawless row to `take`, and adds what is wrong with the others
 * to `problems`. Returns 0 when it came to the end (there may be problems), -errno when the file
 * cannot be read, or what `take` returned.
 */
int device_csv_read(const char *path, device_row_fn *take, void *context,
                    struct problems *problems);

#endif
