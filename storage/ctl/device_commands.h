/*
 * One change of a device, from the command line to what is said of it. One thread, which may block.
 */
#ifndef SIMGATE_STORAGE_CTL_DEVICE_COMMANDS_H
#define SIMGATE_STORAGE_CTL_DEVICE_COMMANDS_H

#include "storage/ctl/arguments.h"
#include "storage/ctl/device_change.h"

/* Makes the change in the store that is named, and says what became of it. Returns an enum
 * ctl_exit.
 */
int ctl_change(const struct ctl_arguments *a, const struct device_change *c);

/* The same for one kind of store. */
int ctl_memory_change(const struct ctl_arguments *a, const struct device_change *c);
int ctl_redis_change(const struct ctl_arguments *a, const struct device_change *c);

/* Says what was done, if only nothing. */
void ctl_print_change(const struct device_change *c, enum device_change_outcome outcome);

#endif
