/*
 * The devices of a file, one by one, as Redis is to have them. The file is streamed, so that a
 * million of them need no memory; only a file with prefixes, or one that is checked as a whole
 * first, is read beforehand and has its addresses kept. One thread.
 */
#ifndef SIMGATE_STORAGE_CTL_IMPORT_FILE_H
#define SIMGATE_STORAGE_CTL_IMPORT_FILE_H

#include "storage/ctl/device_change.h"
#include "storage/ctl/device_format.h"
#include "storage/ctl/import_check.h"

#include <stdbool.h>
#include <stdint.h>

#define IMPORT_PREFIX_MAX 1048576 /* devices of one row */

/* Takes a device: DEVICE_CHANGE_PUT with what the file says, borrowed until it returns. A negative
 * value ends the reading. */
typedef int import_file_fn(void *context, const struct device_change *change);

struct import_file {
    const char *path; /* that is opened, and the name for people; both borrowed */
    const char *name;
    enum device_format format;
    bool is_stdin;
    uint32_t from_line;        /* rows before this line are passed over */
    unsigned ipv6_prefix;      /* bits of an IPv6 address that identify a device */
    struct import_check check; /* empty where it is not needed */
    bool is_strict;            /* it is filled in any case */
    bool has_prefixes;
    uint64_t devices;          /* of all rows; 0 where that is not known */
    uint64_t left_out;         /* of them, those of prefixes that would never be looked up */
    uint64_t cut;              /* addresses that lost bits */
    struct problems *problems; /* borrowed while the file is read */
    import_file_fn *take;
    void *context;
};

/* Reads the command line. False after a complaint. */
bool import_file_options(struct import_file *f, const struct ctl_arguments *a);

/* Looks at the file; where it is to be flawless, complains of every wrong line, or the first of
 * many. False after a complaint. */
bool import_file_open(struct import_file *f);

/* Accepts what a failed import_file_open() left behind. */
void import_file_close(struct import_file *f);

/* Gives all devices to `take`, and adds what is wrong with the others to `problems`. Returns 0,
 * -errno, or what `take` returned. */
int import_file_read(struct import_file *f, struct problems *problems, import_file_fn *take,
                     void *context);

#endif
