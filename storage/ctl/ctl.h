/*
 * The commands of simgatectl, each for the kind of store that it is for. Each writes its answer to
 * standard output and complaints to standard error, and returns the program's exit status.
 */
#ifndef SIMGATE_STORAGE_CTL_CTL_H
#define SIMGATE_STORAGE_CTL_CTL_H

#include "storage/ctl/arguments.h"

#define CTL_MEMORY_SCHEME "memory:"

enum ctl_exit {
    CTL_OK = 0,
    CTL_NO = 1,    /* the answer is no, or what was looked at is wrong */
    CTL_USAGE = 2, /* the command line is wrong */
    CTL_STORE = 3, /* the store was not reached, or refused */
};

int ctl_check(const struct ctl_arguments *a);
int ctl_template_test(const struct ctl_arguments *a);

/* Whichever the store. */
int ctl_device_add(const struct ctl_arguments *a);
int ctl_device_set(const struct ctl_arguments *a);
int ctl_device_activate(const struct ctl_arguments *a);
int ctl_device_deactivate(const struct ctl_arguments *a);
int ctl_device_remove(const struct ctl_arguments *a);
int ctl_psk_set(const struct ctl_arguments *a);
int ctl_psk_reset(const struct ctl_arguments *a);
int ctl_location_set(const struct ctl_arguments *a);
int ctl_location_show(const struct ctl_arguments *a);
int ctl_location_clear(const struct ctl_arguments *a);
int ctl_template_add(const struct ctl_arguments *a);
int ctl_template_list(const struct ctl_arguments *a);
int ctl_template_show(const struct ctl_arguments *a);
int ctl_template_activate(const struct ctl_arguments *a);
int ctl_template_deactivate(const struct ctl_arguments *a);
int ctl_template_remove(const struct ctl_arguments *a);

/* Where the store is memory:FILE.csv. */
int ctl_memory_list(const struct ctl_arguments *a);
int ctl_memory_show(const struct ctl_arguments *a);
int ctl_memory_psk_show(const struct ctl_arguments *a);
int ctl_memory_export(const struct ctl_arguments *a);
int ctl_memory_import(const struct ctl_arguments *a);

/* Where it is Redis. */
int ctl_redis_list(const struct ctl_arguments *a);
int ctl_redis_show(const struct ctl_arguments *a);
int ctl_redis_psk_show(const struct ctl_arguments *a);
int ctl_redis_import(const struct ctl_arguments *a);
int ctl_redis_export(const struct ctl_arguments *a);

#endif
