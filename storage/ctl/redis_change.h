/*
 * One change of a device, from the command line to what is said of it. One thread, which may block.
 */
#ifndef SIMGATE_STORAGE_CTL_REDIS_CHANGE_H
#define SIMGATE_STORAGE_CTL_REDIS_CHANGE_H

#include "storage/ctl/arguments.h"
#include "storage/ctl/device_change.h"

/* Makes the change and says what became of it. Returns an enum ctl_exit. */
int ctl_redis_change(const struct ctl_arguments *a, const struct device_change *c);

#endif
